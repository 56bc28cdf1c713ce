"""The response cache and conditional requests."""
