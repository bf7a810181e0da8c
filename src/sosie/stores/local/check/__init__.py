"""``sosie check``: inspects every row and every segment, and repairs what can be repaired."""
