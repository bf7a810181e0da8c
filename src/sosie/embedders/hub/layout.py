"""Selects the files of a repository that make an embedder.

Exports for transformers.js and for Optimum have the same layout:

- ``config.json``, ``preprocessor_config.json``, and ``tokenizer.json`` for words
- graphs in ``onnx/`` or beside these files: ``vision_model.onnx`` and ``text_model.onnx``, or one ``model.onnx`` for
  both
- variants of each graph, such as ``vision_model_fp16.onnx``
- weights in files beside a graph; their names begin with the graph's name

No other files are downloaded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from sosie.errors import EmbedderUnavailable

CONFIG = "config.json"
PREPROCESSOR = "preprocessor_config.json"
TOKENIZER = "tokenizer.json"
TOKENIZER_CONFIG = "tokenizer_config.json"
FOLDERS = ("onnx/", "")
Side = Literal["vision", "text"]


@dataclass(frozen=True, slots=True)
class GraphFiles:
    """A graph, and its files of weights."""

    graph: str
    data: tuple[str, ...] = ()

    @property
    def in_order(self) -> tuple[str, ...]:
        """The files in download order. The graph is last: if the cache has it, the cache has its weights."""
        return (*self.data, self.graph)

    def name_in_graph(self, data: str) -> str:
        """The name of a file of weights as the graph contains it: relative to the graph's folder."""
        return data[self.graph.rfind("/") + 1 :]


def find_graph(files: Iterable[str], side: Side, variant: str | None) -> GraphFiles | None:
    """The graph for pictures or words; None if there is none."""
    return dict(find_graphs(files, side)).get(variant or "")


def find_graphs(files: Iterable[str], side: Side) -> list[tuple[str, GraphFiles]]:
    """Every variant of the graph for pictures or words. The variant without a name is ``""``."""
    listed = sorted(files)
    graphs: dict[str, GraphFiles] = {}
    for stem in (f"{side}_model", "model"):
        for folder in FOLDERS:
            pattern = re.compile(rf"{folder}{stem}(?:_(?P<variant>[\w.-]+))?\.onnx")
            for graph in listed:
                if match := pattern.fullmatch(graph):
                    weights = tuple(name for name in listed if _holds_weights(name, graph))
                    graphs.setdefault(match["variant"] or "", GraphFiles(graph, weights))
    return sorted(graphs.items())


def choose_graph(files: Iterable[str], side: Side, variant: str | None, repository: str) -> GraphFiles:
    """Like ``find_graph``, but raises ``EmbedderUnavailable`` with the existing variants."""
    listed = tuple(files)
    graph_files = find_graph(listed, side, variant)
    if graph_files is None:
        variants = [name or "one without a variant" for name, _ in find_graphs(listed, side)]
        hint = f"it has {', '.join(variants)}" if variants else "expected onnx/vision_model.onnx or onnx/model.onnx"
        missing = f"variant {variant!r}" if variant else "ONNX graph"
        raise EmbedderUnavailable(f"{repository} has no {missing} for {side}; {hint}")
    return graph_files


def _holds_weights(name: str, graph: str) -> bool:
    return re.fullmatch(re.escape(graph) + r"[._]data(_\d+)?", name) is not None
