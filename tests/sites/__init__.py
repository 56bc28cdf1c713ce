"""Tests of launch sites."""
