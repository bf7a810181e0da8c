"""Measures the quality of search: metrics, their uncertainty, and comparisons of two evaluations."""
