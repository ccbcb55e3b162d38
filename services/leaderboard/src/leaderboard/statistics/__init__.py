"""How certain scores, differences and ranks are: pure functions on numbers."""
