"""Tags of articles."""
