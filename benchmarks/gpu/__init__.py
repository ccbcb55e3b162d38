"""The engine on a GPU, beside the CPU, the limits of the bus and of the card, and mergekit."""
