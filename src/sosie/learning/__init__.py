"""Learning from labeled photos and from feedback."""
