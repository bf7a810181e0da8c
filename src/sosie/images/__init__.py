"""Reads pictures: bytes to upright RGB, and RGB to the input of a network."""
