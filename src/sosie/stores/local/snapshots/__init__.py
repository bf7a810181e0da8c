"""Segments for fast search, built from the database and never changed; they can be rebuilt."""
