"""Launch vehicles."""
