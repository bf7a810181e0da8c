"""Local features of a picture ("details"), visual words made from them, and geometric verification."""
