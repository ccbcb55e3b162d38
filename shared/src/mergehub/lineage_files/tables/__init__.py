"""Edge lists: CSV and JSON Lines, in whatever columns and fields their authors chose."""
