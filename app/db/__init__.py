"""The database: connections, transactions, models, SQL functions."""
