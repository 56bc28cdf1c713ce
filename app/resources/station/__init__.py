"""The station at a time: who and what was there."""
