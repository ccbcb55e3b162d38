"""Model cards and the recipes of merges that they show."""
