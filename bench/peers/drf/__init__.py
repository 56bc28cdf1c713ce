"""The list of articles as the tutorial of Django REST framework would write it."""
