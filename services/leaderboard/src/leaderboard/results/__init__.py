"""Results: facts about how a model did on a benchmark, item by item where that is known."""
