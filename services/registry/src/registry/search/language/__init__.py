"""The query language: the fields, the text that people write, the parameters of programs."""
