"""How many requests a search sends."""

import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from elastic_transport import Transport

from sosie.catalog import Catalog
from support.elasticsearch.cluster import Cluster
from support.pictures import encode
from support.textures import draw_print


def test_a_search_reads_the_manifest_once_and_asks_for_everything_together(
    server: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in range(12):
        (tmp_path / f"{seed}.jpg").write_bytes(encode(draw_print(seed), "JPEG"))
    sent: Counter[str] = Counter()
    perform = Transport.perform_request

    def spy(self: Transport, method: str, target: str, **given: Any) -> Any:
        sent[target.partition("?")[0].rpartition("/")[2]] += 1
        return perform(self, method, target, **given)

    with Catalog(server.uri(f"requests-{os.getpid()}")) as catalog:
        catalog.index(tmp_path)
        catalog.search(draw_print(1))
        monkeypatch.setattr(Transport, "perform_request", spy)
        result = catalog.search(draw_print(1), k=3)
    assert result.matches[0].item_id == "1.jpg"
    # Looks and details; details of the candidates; views of the products shown.
    assert sent["manifest"] == 1
    assert sent["_msearch"] == 2
    assert sent["_mget"] <= 2
    assert sent["_search"] == 1
    # A catalog of fewer than 30 products is counted once, to know that nothing is missing.
    assert sum(sent.values()) <= 7
