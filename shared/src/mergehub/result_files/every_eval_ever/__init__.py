"""Records of Every Eval Ever: aggregates, and the items beside them."""
