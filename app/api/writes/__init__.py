"""Writes: preconditions, idempotency and dry runs, records with their audit log, relations.

A dependency (`deps`) builds a `WriteRequest`, which runs a command in one transaction, committed
before the response is sent. Each resource declares its writes in a `RecordWriter`.
"""
