"""Pictures without a table (folders and archives), and the search for pictures that a table names."""
