"""Bytes: files as they lie on the disk or behind a URL, compressed or not."""
