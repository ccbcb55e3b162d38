"""PostgreSQL: sessions, a fair pool, migrations, notifications and pruning."""
