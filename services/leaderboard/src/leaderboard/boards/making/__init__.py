"""How boards are made of the facts: rows of variants, whole boards, and changes of a few rows."""
