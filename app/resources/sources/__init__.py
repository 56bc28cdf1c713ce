"""External feeds that the service polls."""
