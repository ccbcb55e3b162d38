"""Workers: which of them are alive, and what they work on."""
