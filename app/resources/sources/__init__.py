"""Feeds of others that are looked at again and again."""
