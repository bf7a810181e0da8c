"""Vector search: gets candidates from segments and newer rows, then computes exact scores."""
