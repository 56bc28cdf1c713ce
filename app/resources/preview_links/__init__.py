"""Preview links: pages of articles that are not public, for people without a key."""
