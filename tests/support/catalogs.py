"""A catalog in memory, filled from drawn pictures through the network that needs no weights."""

from collections.abc import Iterable
from pathlib import Path

from PIL import Image, ImageEnhance

from sosie.evaluation.relevance import DEPTH
from sosie.evaluation.running import AnsweredQueries
from sosie.images.decode import Limits
from sosie.indexing.batch import BatchWorker
from sosie.indexing.embedding import Incoming
from sosie.indexing.pipeline import run
from sosie.indexing.writing import Writer
from sosie.knowledge.imprint import Imprint
from sosie.knowledge.knowledge import knowledge_of
from sosie.searching.photos import Photos, answers_to, process_photos
from sosie.searching.query import QueryMaker
from sosie.searching.searcher import Searcher
from sosie.searching.views import WHOLE
from sosie.stores.exact import ExactStore
from sosie.types import EMBEDDING, EmbedderIdentity, Item, Manifest, Rejection
from support.embedders import GridEmbedder
from support.pictures import draw_picture, encode

VECTOR = "embedding@1"


def as_is() -> Imprint:
    """The embedder's own vector, and nothing else."""
    return Imprint((VECTOR,), lambda own: {VECTOR: own})


def empty_store() -> ExactStore:
    """An empty store for the vectors of ``GridEmbedder``."""
    spec = GridEmbedder.spec
    identity = EmbedderIdentity(spec.name, spec.fingerprint, spec.dim)
    return ExactStore(Manifest(identity, vectors={VECTOR: spec.dim}, active={EMBEDDING: VECTOR}))


def drawn_item(folder: Path, product: int, view: int = 0) -> Item:
    """A picture of a drawn product in a light of its own; products come in three kinds and two sizes."""
    path = folder / f"{product:03}-{view}.png"
    path.write_bytes(encode(photo(product, view), "PNG"))
    attributes = {"kind": "abc"[product % 3], "size": product % 2, "title": f"Thing {product}"}
    return Item(f"i{product:03}-{view}", f"p{product:03}", str(path), attributes=attributes)


def photo(product: int, view: int) -> Image.Image:
    """The drawing of a product, darker with every view and partly covered by what belongs to that view."""
    drawn = ImageEnhance.Brightness(draw_picture(product)).enhance(1 - 0.1 * view)
    if view:
        drawn.paste(draw_picture(1000 + 37 * view + product, (48, 40)), (6 * view, 4 * view))
    return drawn


def photos_of(items: Iterable[Incoming | Rejection], workers: int = 2) -> list[Photos]:
    """The queries of these pictures, each looked at as a whole."""
    return list(process_photos(items, QueryMaker(GridEmbedder(), WHOLE), lambda photos: photos, workers))


def asked_of(store: ExactStore, items: Iterable[Item | Rejection], depth: int = DEPTH) -> list[AnsweredQueries]:
    """The answers of a store to these pictures, each looked at as a whole."""
    searcher = Searcher(store, knowledge_of(store.manifest))
    return [answers_to(photos, searcher, depth) for photos in photos_of(items)]


def filled_store(items: Iterable[Item]) -> ExactStore:
    """A store that holds these items."""
    store = empty_store()
    run(items, BatchWorker(store, GridEmbedder(), as_is, Limits()), Writer(store), workers=1)
    return store
