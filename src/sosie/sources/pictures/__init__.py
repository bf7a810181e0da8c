"""Pictures without a table, in folders and archives; and the search for the pictures that a table names."""
