"""The unfinished output: its journal, its parts, its files, its progress."""
