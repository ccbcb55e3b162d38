"""The graph of which model came from which: edges without a cycle, and walks along them."""
