"""Turns rows into items: roles of columns, types of columns, conversion of cells."""
