"""Stores of records: in memory, in a folder, and on an Elasticsearch cluster."""
