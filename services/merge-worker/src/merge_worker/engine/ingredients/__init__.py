"""The models of a merge opened, and in what they differ."""
