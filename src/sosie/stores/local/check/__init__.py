"""Looks at every row and every cache, and mends what can be mended."""
