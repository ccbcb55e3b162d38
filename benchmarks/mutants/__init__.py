"""Whether the tests notice every changed formula."""
