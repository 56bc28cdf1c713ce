"""Scripts that write committed files."""
