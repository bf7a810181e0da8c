"""Segments for fast search: built from the database, never changed, and safe to delete."""
