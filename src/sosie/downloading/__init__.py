"""Downloads a catalog of URLs into a folder of pictures and a table; an interrupted download resumes."""
