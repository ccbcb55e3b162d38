"""`mergehub doctor`: what would keep a hub's programs from working, found before they run."""
