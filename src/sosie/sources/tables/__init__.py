"""Columns and cells: what each column means, its type, and how a row becomes items."""
