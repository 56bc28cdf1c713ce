"""Domain values: dates, languages, text, enums, labels. Imports nothing of the application."""
