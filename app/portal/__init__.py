"""The portal: its HTML pages and assets, and the composite response for a mission's page."""
