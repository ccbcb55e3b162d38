"""Files of lm-evaluation-harness: results, and the samples beside them."""
