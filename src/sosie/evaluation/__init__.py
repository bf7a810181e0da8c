"""Measures the quality of search: metrics on rank lists, their uncertainty, and comparisons of two runs."""
