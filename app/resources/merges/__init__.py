"""Merges of two records that describe the same thing."""
