"""The editors' desk: a browser client of the API, at `/desk`."""
