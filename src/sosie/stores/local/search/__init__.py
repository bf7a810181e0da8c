"""Vector search: candidates from the snapshot and the rows changed since, then exact scores."""
