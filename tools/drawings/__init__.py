"""Drawings of the embedded archive, as SVG: ships, modules and emblems of expeditions."""
