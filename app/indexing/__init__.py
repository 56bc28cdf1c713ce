"""The search index, and how it is kept: in the transaction of whatever it tells of."""
