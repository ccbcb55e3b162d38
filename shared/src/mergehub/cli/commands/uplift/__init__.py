"""`uplift`: what merges gained. One merge, all by method and base, or several models compared."""
