"""The data of the Merge Map: which models it shows, where each one lies, and how that is sent."""
