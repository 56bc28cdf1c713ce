"""Batches: several articles published, tagged or deleted by one request."""
