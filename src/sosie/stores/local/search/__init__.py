"""From a vector to rows: candidates, then true scores."""
