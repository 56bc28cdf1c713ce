"""Revisions of records: their earlier versions, from the audit log."""
