"""Launches to the station."""
