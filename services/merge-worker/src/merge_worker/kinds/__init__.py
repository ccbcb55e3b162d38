"""What each kind of run does, in the process of its own that an attempt starts."""
