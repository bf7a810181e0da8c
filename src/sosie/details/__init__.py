"""Details: local features of a picture, one vector that sums them up, and the geometry in which they agree."""
