"""What a merge copies or checks besides weights: the tokenizer, its vocabulary, other files."""
