"""The store on an Elasticsearch cluster: one index a catalogue behind an alias, reached by the official client."""

from sosie.stores.elasticsearch.opening import open_elasticsearch
from sosie.stores.elasticsearch.settings import ElasticsearchSettings
from sosie.stores.elasticsearch.swapping import open_replacement

__all__ = ["ElasticsearchSettings", "open_elasticsearch", "open_replacement"]
