"""Recall against queries a second, as SVG."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def draw_curves(curves: dict[str, list[dict[str, Any]]], path: Path) -> None:
    """One line an engine; points are settings of the search, processor time of one thread."""
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    plt.rcParams["svg.hashsalt"] = "sosie"
    figure, axes = plt.subplots(figsize=(9, 5.5))
    for name, curve in curves.items():
        recalls, rates = [point["recall"] for point in curve], [1e3 / point["processor"] for point in curve]
        axes.plot(recalls, rates, marker="o", label=name, linewidth=3 if name.startswith("Sosie") else 1.2)
    axes.set(xlabel="recall@10", ylabel="queries a second of processor time", yscale="log", xlim=(0.8, 1.005))
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8, loc="lower left")
    figure.savefig(path, metadata={"Date": None}, bbox_inches="tight")
    plt.close(figure)
