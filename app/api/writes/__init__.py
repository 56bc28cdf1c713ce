"""Writes: requests with their preconditions (`request`), records with audit log (`records`).

A dependency builds a `WriteRequest`, which runs a command in one transaction, committed before the
response is sent. Each resource declares its writes in a `RecordWriter`.
"""
