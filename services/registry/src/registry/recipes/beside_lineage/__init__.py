"""What the check of a recipe asks lineage about its models, and what it warns of."""
