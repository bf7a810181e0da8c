"""Search by words, the same in every store: what a word is, which words match, and how items are ranked."""
