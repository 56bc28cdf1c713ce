"""Notes: short texts of the flight control."""
