"""A real Elasticsearch for the tests: found on this machine, started, asked until it is ready, stopped by its pid."""
