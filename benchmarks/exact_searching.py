"""Searches a store with photos and prints the outcomes as JSON; runs with this version and with version 0.1.0.

    PYTHONPATH=CHECKOUT/src python benchmarks/exact_searching.py STORE PHOTOS.json

PHOTOS.json is a list of [product, path]. ``exact.py`` starts this with the ``src`` of one checkout and of the other.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import sosie
from sosie.searching.judging import judge
from sosie.searching.searcher import Searcher
from sosie.searching.verifying import Verifier

CANDIDATES = 30
"""Number of products that count as candidates by details."""


def main() -> None:
    store, photos = sys.argv[1], json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    with sosie.open(store) as catalog, remembered() as last:
        json.dump([outcome(catalog, last, product, path) for product, path in photos], sys.stdout)


def outcome(catalog: Any, last: dict[str, Any], product: str, path: str) -> dict[str, object]:
    """The answer, and the answer as if the catalog did not have the product."""
    last["candidates"] = []
    began = time.process_time()
    result = catalog.search(path)
    seconds = time.process_time() - began
    absent = judge(last["considered"].without(product), last["calibration"])
    return {
        "candidate": product in [hit.record.product_id for hit in last["candidates"][:CANDIDATES]],
        "first": bool(result.matches) and result.matches[0].product_id == product,
        "match": result.verdict == "match",
        "absent_match": absent.verdict == "match",
        "seconds": seconds,
    }


@contextmanager
def remembered() -> Iterator[dict[str, Any]]:
    """The candidates by details of the last search, and the evidence for all of them."""
    last: dict[str, Any] = {}
    find, consider = Verifier.find, Searcher.consider

    def remembering_find(self: Verifier, *given: Any) -> Any:
        hits = find(self, *given)
        last["candidates"] = hits[0]
        return hits

    def remembering_consider(self: Searcher, *given: Any) -> Any:
        considered = consider(self, *given)
        last["considered"], last["calibration"] = considered[0], self._calibration
        return considered

    with patch.object(Verifier, "find", remembering_find), patch.object(Searcher, "consider", remembering_consider):
        yield last


if __name__ == "__main__":
    main()
