"""The duplicates of a catalog as a self-contained HTML page."""
