"""Details: local features of a picture, the visual words that sum them up, and the geometry in which they agree."""
