"""Pictures (`/v1/media`): records, files and renditions.

`Image` is a picture embedded in another record.
"""
