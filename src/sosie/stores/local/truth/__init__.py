"""The truth: SQLite, its rows, and the numbers in them."""
