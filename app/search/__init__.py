"""Full-text search: tokenizer, query parser, index, ranking."""
