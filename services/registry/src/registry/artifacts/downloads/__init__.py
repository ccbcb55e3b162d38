"""Downloads: a file of a model, or a range of it, streamed from the store in bounded memory."""
