"""The duplicates of a catalogue as one HTML page that needs nothing beside it."""
