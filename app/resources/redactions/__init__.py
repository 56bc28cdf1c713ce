"""Redaction: values of a record are taken out of the audit log and of what is read from it."""
