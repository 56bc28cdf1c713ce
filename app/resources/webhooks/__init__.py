"""Webhooks that deliver changes."""
