"""From the text of a recipe to plain data, within bounds, with the line of everything."""
