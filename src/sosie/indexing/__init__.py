"""From a source to a store: read, decode, embed and write, overlapped, bounded, and never stopped by one bad item."""
