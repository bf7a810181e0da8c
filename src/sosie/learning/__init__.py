"""Learns from labeled photos and from feedback."""
