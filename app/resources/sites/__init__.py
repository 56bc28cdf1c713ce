"""Launch sites and their pads."""
