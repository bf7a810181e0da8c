"""Full-text search for every store: words, matching and ranking."""
