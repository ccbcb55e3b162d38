"""What builds Mergehub and is not shipped: generators, written pages, compatibility checks."""
