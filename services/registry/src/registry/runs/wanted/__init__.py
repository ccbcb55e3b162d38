"""What a run is asked for, and what is known of it already: recipes, and kept results."""
