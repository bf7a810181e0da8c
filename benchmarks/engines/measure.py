"""One engine, measured in a process of its own: ``python -m engines.measure ENGINE COLLECTION FOLDER build|search``."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from engines import libraries, services
from engines.base import Engine
from engines.vectors import FILTERS, NEIGHBORS, Collection, open_collection

CLASSES: tuple[type[Engine], ...] = (
    services.SosieLocal, libraries.Exact, libraries.FaissHNSW, libraries.FaissIVFPQ, libraries.FaissRaBitQ,
    libraries.Hnswlib, libraries.Nmslib, libraries.Annoy, libraries.UsearchHalf, libraries.UsearchBytes,
    services.Lance, services.QdrantEdge, services.Zvec, services.SosieElasticsearch,
)  # fmt: skip
ENGINES = {engine.name: engine for engine in CLASSES}
TIE = 1e-5
"""An answer whose score is at most this far below that of the last right answer counts as right."""

WARM_UP = 50
LONGEST = 30.0
"""Seconds that one setting may take; a slow one answers fewer of the queries."""

ENOUGH = 0.99
"""The recall at which engines are compared."""


def main() -> None:
    name, collection, folder, stage = sys.argv[1:]
    work = {"build": build, "search": search}[stage]
    print(json.dumps(work(ENGINES[name](), open_collection(Path(collection)), Path(folder))))


def build(engine: Engine, collection: Collection, folder: Path) -> dict[str, Any]:
    began = engine.seconds()
    engine.build(collection, folder)
    spent = engine.seconds() - began
    return {"processor": spent, "peak": engine.memory("VmHWM"), "disk": engine.disk(folder)}


def search(engine: Engine, collection: Collection, folder: Path) -> dict[str, Any]:
    began = time.process_time()
    engine.open(collection, folder)
    engine.search(collection.queries[0], NEIGHBORS, engine.efforts[0], 100.0)
    result: dict[str, Any] = {"first": 1e3 * (time.process_time() - began), "curve": [], "filters": {}}
    for effort in engine.efforts:
        result["curve"].append({"effort": effort, **_quality(engine, collection, effort, 100.0)})
    result |= {"own": engine.memory("RssAnon"), "mapped": engine.memory("RssFile")}
    right = [point["effort"] for point in result["curve"] if point["recall"] >= ENOUGH]
    for percent in FILTERS[1:] if engine.filters else ():
        effort = right[0] if right else engine.efforts[-1]
        result["filters"][f"{percent:g}"] = _quality(engine, collection, effort, percent)
    return result


def _quality(engine: Engine, collection: Collection, effort: int, percent: float) -> dict[str, float]:
    _, least = collection.right_answers(percent)

    def answer(query: Any) -> Any:
        return engine.search(query, NEIGHBORS, effort, percent)

    _timed(answer, collection.queries[:WARM_UP], LONGEST / 10)
    worked = engine.seconds()
    answers, wall = _timed(answer, collection.queries, LONGEST)
    worked = engine.seconds() - worked
    wanted = min(NEIGHBORS, int((collection.numbers < percent).sum()))
    shares = []
    for query, answer_places, lowest in zip(collection.queries, answers, least, strict=False):
        places = np.asarray(answer_places, int)
        vectors = np.asarray(collection.vectors[places], np.float32)
        right = (collection.numbers[places] < percent) & (vectors @ query >= lowest - TIE)
        shares.append(right.sum() / wanted)
    return {
        "recall": float(np.mean(shares)),
        "median": 1e3 * float(np.median(wall)),
        "processor": 1e3 * worked / len(answers),
    }


def _timed(answer: Callable[[Any], Any], queries: Any, longest: float) -> tuple[list[Any], list[float]]:
    """The answers to as many queries as take ``longest`` seconds, and the time of each."""
    answers: list[Any] = []
    wall: list[float] = []
    ends = time.perf_counter() + longest
    for query in queries:
        began = time.perf_counter()
        if began > ends:
            break
        answers.append(answer(query))
        wall.append(time.perf_counter() - began)
    return answers, wall


if __name__ == "__main__":
    main()
