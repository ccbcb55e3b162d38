"""What authors state on the Hugging Face Hub: `model-index` in cards, and `.eval_results`."""
