"""What the process of an attempt uses, for runs of any kind."""
