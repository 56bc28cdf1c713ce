"""The timeline: the events of the station, derived from the records."""
