"""Crew assignments: the roles of people in missions."""
