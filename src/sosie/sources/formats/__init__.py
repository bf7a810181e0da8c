"""Rows: one file for each format of a table."""
