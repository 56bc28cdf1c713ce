"""Resources of the API: one package for each, listed in `app.resources.registry`."""
