"""How a filter is combined with the graph."""

import os
from pathlib import Path

from sosie.catalog import Catalog
from support.elasticsearch.cluster import Cluster
from support.pictures import encode
from support.textures import draw_print


def test_a_new_index_follows_the_graph_through_items_that_do_not_pass(server: Cluster, tmp_path: Path) -> None:
    (tmp_path / "1.png").write_bytes(encode(draw_print(1)))
    name = f"filters-{os.getpid()}"
    with Catalog(server.uri(name)) as catalog:
        catalog.index(tmp_path)
    held = server.request("GET", f"/{name}-*/_settings/index.dense_vector.hnsw_filter_heuristic?flat_settings")
    assert [index["settings"] for index in held.values()] == [{"index.dense_vector.hnsw_filter_heuristic": "fanout"}]
