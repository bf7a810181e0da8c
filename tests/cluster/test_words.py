"""Words in an index that an earlier version made, without the field for stems."""

from itertools import count

import pytest

from sosie.stores.elasticsearch import ElasticsearchSettings, mapping, open_elasticsearch
from support.elasticsearch.cluster import Cluster
from support.store_contract.harness import MANIFEST, fill, ids, learn_attributes, record

_numbers = count()


def test_an_index_of_an_earlier_version_gets_its_stems(server: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    uri = server.uri(f"old-words-{next(_numbers)}")
    settings = ElasticsearchSettings(replicas=0)
    made_before = mapping.mapping

    def without_stems(*given: object) -> object:
        made = made_before(*given)  # type: ignore[arg-type]
        del made["properties"][mapping.STEMS]
        return made

    with monkeypatch.context() as patch:
        patch.setattr("sosie.stores.elasticsearch.indices.mapping", without_stems)
        patch.setattr("sosie.stores.elasticsearch.indices._add_stems", lambda *_: None)
        open_elasticsearch(uri, MANIFEST, settings).close()
    store = open_elasticsearch(uri, None, settings)
    learn_attributes(store, {"title": "string"})
    fill(store, [record("a", title="two lamps"), record("b", title="chair")])
    assert ids(store.search_text("lamp", 5)) == ["a"]
    assert ids(store.search_text("lamped", 5)) == ["a"]
    store.close()
