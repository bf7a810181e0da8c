"""``sosie check``: inspects every row and every snapshot, and repairs what can be repaired."""
