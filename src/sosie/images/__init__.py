"""Pictures: bytes become upright RGB, and RGB becomes the input of a network."""
