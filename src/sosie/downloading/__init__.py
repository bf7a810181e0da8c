"""A catalogue of URLs becomes a folder of pictures and a table; it may stop anywhere, and goes on from there."""
