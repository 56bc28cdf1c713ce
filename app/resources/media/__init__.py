"""Media: pictures with sizes, credits and licences."""
