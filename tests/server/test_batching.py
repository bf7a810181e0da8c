"""Pictures that arrive together are embedded together, and each gets its own vector."""

import threading

import numpy as np
import pytest

from sosie.errors import EmbedderError
from sosie.server.batching import BatchingEmbedder
from sosie.types import Pixels
from support.embedders import SIZE, GridEmbedder


class Gated(GridEmbedder):
    """Waits in its first run until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.runs: list[int] = []
        self.began = threading.Event()
        self.go = threading.Event()

    def embed(self, pixels):  # type: ignore[no-untyped-def]
        self.runs.append(len(pixels[0]))
        self.began.set()
        self.go.wait(10)
        return super().embed(pixels)


def picture(seed: int, count: int = 1) -> list[Pixels]:
    return [np.random.default_rng(seed).standard_normal((count, 3, SIZE, SIZE)).astype(np.float32)]


def test_those_that_wait_share_a_run() -> None:
    inner, plain = Gated(), GridEmbedder()
    embedder = BatchingEmbedder(inner)
    result: dict[int, np.ndarray] = {}

    def ask(seed: int) -> None:
        result[seed] = embedder.embed(picture(seed, 1 + seed % 2))

    first = threading.Thread(target=ask, args=(0,))
    first.start()
    inner.began.wait(10)
    rest = [threading.Thread(target=ask, args=(seed,)) for seed in range(1, 7)]
    for thread in rest:
        thread.start()
    while len(embedder._queue) < len(rest):
        pass
    inner.go.set()
    for thread in (first, *rest):
        thread.join(10)
    assert len(inner.runs) < 7
    assert max(inner.runs) <= inner.batch_size
    for seed, vectors in result.items():
        np.testing.assert_allclose(vectors, plain.embed(picture(seed, 1 + seed % 2)), atol=1e-6)


def test_one_bad_picture_fails_alone() -> None:
    inner = Gated()
    inner.go.set()
    embedder = BatchingEmbedder(inner, lanes=2)
    gray = [np.zeros((1, 3, SIZE, SIZE), np.float32)]
    outcome: dict[str, object] = {}

    def ask(name: str, pixels: list[Pixels]) -> None:
        try:
            outcome[name] = embedder.embed(pixels).shape
        except EmbedderError as error:
            outcome[name] = error

    threads = [threading.Thread(target=ask, args=(str(i), picture(i))) for i in range(4)]
    threads.append(threading.Thread(target=ask, args=("gray", gray)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert isinstance(outcome.pop("gray"), EmbedderError)
    assert set(outcome.values()) == {(1, 49)}
    with pytest.raises(EmbedderError):
        embedder.embed(gray)
