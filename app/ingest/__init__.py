"""Imports: files, feeds and the embedded archive become records."""
