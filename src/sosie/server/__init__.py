"""The HTTP API and the page. Imported only by ``sosie serve``."""
