"""What every service shares: settings, database, events, problems, the application factory."""
