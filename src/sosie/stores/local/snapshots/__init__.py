"""What makes search fast and may be lost: read-only vector collections made from the truth."""
