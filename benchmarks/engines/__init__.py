"""Engines that search vectors, compared on the same work."""
