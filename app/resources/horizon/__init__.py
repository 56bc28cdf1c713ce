"""Horizon of the archive: until when its facts are known."""
