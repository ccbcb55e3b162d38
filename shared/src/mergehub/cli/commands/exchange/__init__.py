"""`mergehub import` and `mergehub export`: recipes from files into a hub, and back."""
