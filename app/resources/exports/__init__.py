"""The archive as files to take away."""
