"""Downloads the pictures behind a catalog's URLs into a folder, and writes a table. Repeated, it continues."""
