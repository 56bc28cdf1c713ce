"""API keys: what editors and programs write with."""
