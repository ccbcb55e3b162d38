"""The output while it is made: its journal, its parts, its files, its progress."""
