"""Types of spacecraft."""
