"""What one line says about an edge or a model, in whatever words, and its rows."""
