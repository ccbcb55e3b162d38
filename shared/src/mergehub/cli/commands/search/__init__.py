"""`search`: recipes found by words and conditions, and recipes like one."""
