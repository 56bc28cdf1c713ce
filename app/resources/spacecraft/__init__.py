"""Spacecraft, which fly once or several times."""
