"""Vector search: candidates from segments and from newer rows, then exact scores."""
