"""The parts of an attempt's process that runs of all kinds share."""
