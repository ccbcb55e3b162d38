"""How boards are made of the facts: scores by column, rows of them, and changes of a few rows."""
