"""The HTTP API and the page. Only ``sosie serve`` imports this package."""
