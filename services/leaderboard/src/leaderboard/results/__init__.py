"""Results: how a model did on a benchmark, item by item if the item scores are known."""
