"""What there is to filter a map by, and how many models each choice has."""
