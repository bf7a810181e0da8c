"""A catalog behind a Sosie server: the methods of ``CatalogProtocol`` over HTTP."""
