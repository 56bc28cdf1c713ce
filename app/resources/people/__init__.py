"""People who flew or were to fly to the station."""
