"""Modules of the station, their ports, and the places where they were attached."""
