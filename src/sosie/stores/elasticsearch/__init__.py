"""The store on an Elasticsearch cluster: each catalog is an index behind an alias. Uses the official client."""

from sosie.stores.elasticsearch.opening import open_elasticsearch
from sosie.stores.elasticsearch.settings import ElasticsearchSettings
from sosie.stores.elasticsearch.swapping import open_replacement

__all__ = ["ElasticsearchSettings", "open_elasticsearch", "open_replacement"]
