"""The work of each kind of run: the function `run` in the file named like the kind.

Each attempt calls it in a process of its own, from which it reports its progress.
"""
