"""Networks that turn pictures into unit vectors."""
