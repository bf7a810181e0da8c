"""Estimates from the evidence for a match how probable it is that the match is the product in the photo."""
