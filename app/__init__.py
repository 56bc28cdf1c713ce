"""Zarya: the open archive behind an ISS mission portal."""
