"""Search by words in every store: words, matching and ranking."""
