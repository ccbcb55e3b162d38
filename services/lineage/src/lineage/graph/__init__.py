"""The graph of which model came from which: its edges, which form no cycle, and walks along it."""
