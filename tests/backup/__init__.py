"""A hub is backed up while it works, restored elsewhere, compared item by item, and continues."""
