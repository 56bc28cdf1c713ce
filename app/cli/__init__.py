"""The `zarya` command. Each module imports little that the next process does not need."""
