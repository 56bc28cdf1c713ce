"""Missions: the expeditions to the station."""
