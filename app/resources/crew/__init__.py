"""Crew assignments: who held which role in which mission."""
