"""The documentation site at `/docs`: guides, recipes and reference, rendered from `docs/`."""
