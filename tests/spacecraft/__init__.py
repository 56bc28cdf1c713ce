"""Tests of spacecraft and their types."""
