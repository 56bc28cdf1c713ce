"""Spacewalks."""
