"""How much an account may have, and how much it has."""
