"""PostgreSQL: sessions, fair connections, migrations, notifications and pruning."""
