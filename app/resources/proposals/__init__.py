"""Proposals: imported entries that may describe a record of the archive; an editor decides."""
