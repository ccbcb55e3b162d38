"""Workers: who is alive, and busy with what."""
