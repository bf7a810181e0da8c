"""Draws answers as one picture: every query beside its matches."""
