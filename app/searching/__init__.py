"""Finding records by words: what matches comes in tiers, each newest first, on every database."""
