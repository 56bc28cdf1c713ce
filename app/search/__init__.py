"""Full-text search: tokens, index, queries, ranking and spelling correction."""
