"""Full-text search and suggestions."""
