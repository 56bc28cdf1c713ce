"""What has changed: the feed that copies of the archive are kept by."""
