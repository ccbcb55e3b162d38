"""What a search knows of recipes beside their rows: who rises, and what their models gained."""
