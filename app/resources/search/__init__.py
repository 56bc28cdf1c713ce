"""Search over all records, and suggestions while somebody types."""
