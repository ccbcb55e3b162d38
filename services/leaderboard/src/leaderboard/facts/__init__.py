"""Facts: what was measured of which model, in which setting, and who says so."""
