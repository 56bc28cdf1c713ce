"""Writing: under which conditions, once only, noted in the trail, and all of it or nothing.

A request becomes an `WriteRequest`, which runs in one transaction that is committed before the
answer goes out. Each resource says how its records take on a document (`RecordWriter`).
"""
