"""Exports of the archive as files."""
