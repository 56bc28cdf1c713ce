"""How things are worded: names, numbers, times and labels, in English and in Russian."""
