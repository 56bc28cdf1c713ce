"""Words as searches compare them: the same in every spelling, on every database."""
