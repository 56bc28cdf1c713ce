"""Tests of the editors' desk that need no browser."""
