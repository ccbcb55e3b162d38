"""Edge lists and descriptions of models: CSV and JSON, in whatever form their authors chose."""
