"""What a store learns from labelled photos and from what people said of its answers."""
