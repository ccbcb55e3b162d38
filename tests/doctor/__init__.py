"""`mergehub doctor` against real stores and a real registry: whole ones, and broken ones."""
