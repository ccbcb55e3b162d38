"""Pushes the folder of a model to the Hugging Face Hub or to a bucket, once and whole."""
