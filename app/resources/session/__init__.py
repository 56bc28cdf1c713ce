"""Sessions of people who have signed in with an API key."""
