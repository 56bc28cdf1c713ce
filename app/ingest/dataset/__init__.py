"""The embedded archive: data files, and their loader."""
