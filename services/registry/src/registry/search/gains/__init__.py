"""What a search knows of recipes beside their rows: size, who rises, what was gained."""
