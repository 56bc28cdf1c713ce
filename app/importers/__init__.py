"""What others publish, into the archive: one module a format, and the one run that takes it in."""
