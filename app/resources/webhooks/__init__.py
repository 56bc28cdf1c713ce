"""Webhooks: other services that are told of changes."""
