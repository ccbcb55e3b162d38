"""Programs that build Mergehub and are not shipped: generators and compatibility checks."""
