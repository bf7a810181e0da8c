"""The store on an Elasticsearch cluster: an index for each catalog, behind an alias, used with the official client."""

from sosie.stores.elasticsearch.opening import open_elasticsearch
from sosie.stores.elasticsearch.settings import ElasticsearchSettings
from sosie.stores.elasticsearch.swapping import open_replacement

__all__ = ["ElasticsearchSettings", "open_elasticsearch", "open_replacement"]
