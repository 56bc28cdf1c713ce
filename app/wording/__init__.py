"""How things are worded: numbers, times, labels and headlines, in English and in Russian."""
