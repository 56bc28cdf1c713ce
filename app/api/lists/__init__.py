"""List responses: pagination, sorting, day counts, CSV and NDJSON."""
