"""The common code of all services: settings, database, events, problems, application factory."""
