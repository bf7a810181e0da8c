"""The evaluation as a self-contained HTML page."""
