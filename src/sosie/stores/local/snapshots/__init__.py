"""What makes search fast and may be lost: segments made from the truth, never changed."""
