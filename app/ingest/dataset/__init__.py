"""The embedded archive: facts in the project's own format, and the chronicle made of them."""
