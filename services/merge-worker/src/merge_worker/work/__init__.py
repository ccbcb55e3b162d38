"""What the process of an attempt works with, whatever the kind of its run."""
