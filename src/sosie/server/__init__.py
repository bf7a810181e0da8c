"""The HTTP API and the page: parse, one call of the facade, answer. Imported only by ``sosie serve``."""
