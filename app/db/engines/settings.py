"""What both databases are used with."""

QUERY_CACHE_ITEMS = 200
"""How many statements are kept compiled: each is thousands of objects to the garbage collector."""
