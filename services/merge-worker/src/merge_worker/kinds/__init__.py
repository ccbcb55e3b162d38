"""What a worker does for each kind of run: `run`, in the file called like the kind.

It runs in the process of its own that an attempt starts, and sends its progress from there.
"""
