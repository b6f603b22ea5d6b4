"""Whole jobs over all rooms: the demo, and the papers' tables."""
