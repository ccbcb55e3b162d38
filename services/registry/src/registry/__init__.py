"""The registry service of Mergehub."""
