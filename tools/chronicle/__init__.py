"""Generator of the archive's chronicle and of the texts of its missions, in two languages."""
