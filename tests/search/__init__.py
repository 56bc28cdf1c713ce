"""The search: what it finds, in which order, and what it never tells."""
