"""Change feed and event stream."""
