"""Tests of launch vehicles."""
