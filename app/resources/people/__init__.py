"""People who flew, or set out to fly, to the station."""
