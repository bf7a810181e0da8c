"""The SQLite database of the local store."""
