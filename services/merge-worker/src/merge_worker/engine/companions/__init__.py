"""What travels with the weights: tokenizer, vocabulary, and the other files of a model."""
