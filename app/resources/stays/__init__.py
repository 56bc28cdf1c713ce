"""Stays of ships at the ports of the station."""
