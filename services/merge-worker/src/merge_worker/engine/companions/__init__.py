"""Files that a merge copies or checks beside the weights: tokenizer, vocabulary, others."""
