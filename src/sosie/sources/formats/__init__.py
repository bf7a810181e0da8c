"""Readers of rows, one module for each table format."""
