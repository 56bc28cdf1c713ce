"""The resources of the API, one package each."""
