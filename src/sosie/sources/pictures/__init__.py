"""Pictures without a table: folders and archives; and how the picture that a table names is found."""
