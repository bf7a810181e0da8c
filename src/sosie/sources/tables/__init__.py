"""Makes items from rows: roles of columns, types of columns, conversion of cells."""
