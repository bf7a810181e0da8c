"""Reads the bytes of files on disk or at a URL, compressed or not."""
