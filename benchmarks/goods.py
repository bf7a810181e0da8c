"""Kinds of goods with labeled photos, and what a catalog knows of each photo's candidates: material for calibrations.

Families share no pictures, so a calibration that left out a family never saw its goods: groceries, household (jsk),
eshop, clothes and, only to judge, cosmetics. Drawn photos show a catalog picture as a flat print. *Variants* are drawn
siblings: the same picture with a part replaced by a part of another, as flavors of one brand have it. What was computed
is kept in the cache folder. Details are compared once, with the candidates that one network and the details themselves
find; to the few further candidates of other networks they say nothing.
"""

from __future__ import annotations

import hashlib
import io
import pickle
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import TypeVar

import numpy as np
from exact_pictures import DATA, grounds, rows_of
from filled import cache_folder
from PIL import Image
from planar_photos import photographs

from sosie.details.base import CATALOG_PICTURE, PHOTO, Details
from sosie.details.candidates import Geometry, without_rival
from sosie.details.extract import extract
from sosie.details.fingerprint import photo_details_fingerprint
from sosie.details.kept import extract_stored_details
from sosie.embedders.registry import DEFAULT, JOINS, load
from sosie.filters import Where
from sosie.images.decode import decode
from sosie.images.transform import encode_thumbnail, pixels_of
from sosie.knowledge.details import with_details
from sosie.knowledge.generations import OWN, first_manifest
from sosie.knowledge.knowledge import knowledge_of
from sosie.searching.evidence import Considered, Verified
from sosie.searching.query import Query, Shot
from sosie.searching.searcher import Searcher
from sosie.searching.verifying import MOST_COMPARED, Verifier
from sosie.searching.views import CLOSER, views_of
from sosie.stores.base import Store
from sosie.stores.exact import ExactStore
from sosie.types import DETAILS, THUMBNAIL, VISUAL_WORDS, Hit, Record, Vectors

DEPTH = 20
SIDE = 480
SIBLINGS, BASES = 3, 24
FOREIGN = 25

T = TypeVar("T")
Pictures = Iterator[tuple[str, Image.Image]]


@dataclass(frozen=True)
class Kind:
    """Photos of goods with their catalog, of which each yields pairs of product and picture."""

    name: str
    family: str
    shelf: str
    photos: Callable[[], Pictures]


def pictures(table: str, step: int = 1, start: int = 0) -> Pictures:
    """The pictures of a table, named after their products; clothes have none and are named after themselves."""
    folder = table.rpartition("/")[0]
    for row in rows_of(table)[start::step]:
        data = (DATA / folder / row["image"]).read_bytes()
        yield row.get("product_id") or row["item_id"], decode(data, shorter_side=SIDE)


def drawn(catalog: Callable[[], Pictures], seed: int, step: int = 1) -> Pictures:
    """A photo of every ``step``-th picture of a catalog as a flat print."""
    shown = list(catalog())[::step]
    for place, photo in photographs([picture for _, picture in shown], grounds(), 1, seed=seed):
        yield shown[place][0], photo.picture


def siblings(catalog: Callable[[], Pictures], seed: int) -> Pictures:
    """Variants of some pictures: a part of each is replaced by a part of another picture."""
    dice = np.random.default_rng(seed)
    every = list(catalog())
    bases = [every[place] for place in dice.permutation(len(every))[:BASES]]
    for name, picture in bases:
        share = dice.uniform(0.3, 0.7, 2)
        corner = dice.uniform(0, 1 - share)
        for number in range(SIBLINGS):
            _, other = every[int(dice.integers(len(every)))]
            yield f"{name} flavor {number}", _with_part(picture, other, corner, share)


def _with_part(picture: Image.Image, other: Image.Image, corner: np.ndarray, share: np.ndarray) -> Image.Image:
    size = np.array(picture.size)
    box = np.concatenate([corner * size, (corner + share) * size]).astype(int)
    made = picture.convert("RGB").copy()
    made.paste(other.convert("RGB").resize((int(box[2] - box[0]), int(box[3] - box[1]))), (int(box[0]), int(box[1])))
    return made


REAL: Mapping[str, Callable[[], Pictures]] = {
    "groceries": partial(pictures, "grocery_store/catalogue.csv"),
    "household": partial(pictures, "jsk_objects/catalog.csv"),
    "eshop": partial(pictures, "eshop_catalog/catalog.csv"),
    "clothes": partial(pictures, "clothing/catalog.csv", 20),
    "cosmetics": partial(pictures, "abantecart_beauty/catalog.csv"),
}
SHELVES: Mapping[str, Callable[[], Pictures]] = {
    **REAL,
    **{f"{name} variants": partial(siblings, made, 30 + place) for place, (name, made) in enumerate(REAL.items())},
}
"""The catalogs by name."""


def _kinds() -> Iterator[Kind]:
    """The kinds, those that people photographed first."""
    for name, family, table, step in (
        ("household, photos", "household", "jsk_objects/photos.csv", 1),
        ("groceries, photos", "groceries", "grocery_store/shopfloor_train.csv", 16),
        ("groceries, other photos", "groceries", "grocery_store/shopfloor_val.csv", 2),
        ("cosmetics, photos", "cosmetics", "abantecart_beauty/photos.csv", 1),
    ):
        yield Kind(name, family, family, partial(pictures, table, step))
    yield Kind("eshop, flat", "eshop", "eshop", partial(drawn, SHELVES["eshop"], 12, 2))
    for name in ("eshop", "clothes"):
        shelf = f"{name} variants"
        yield Kind(f"{shelf}, flat", name, shelf, partial(drawn, SHELVES[shelf], 40 + len(name)))


KINDS = {kind.name: kind for kind in _kinds()}
NOWHERE = Kind("clothes of nobody", "", "", partial(pictures, "clothing/catalog.csv", 1800 // FOREIGN, 7))
"""Photos of clothes that no catalog has: they lie between those that the catalog of clothes is made of."""


@dataclass(frozen=True, eq=False)
class PhotoAnswers:
    """The evidence for each photo's candidates, and the same without the photo's product.

    ``products`` names what each photo shows; ``in_catalog`` says whether the catalog has it.
    """

    products: list[str]
    in_catalog: list[bool]
    considered: list[Considered]
    without: list[Considered] = field(default_factory=list)

    @classmethod
    def of(cls, products: Sequence[str], held: Iterable[str], considered: list[Considered]) -> PhotoAnswers:
        """The answers, and those without each photo's product."""
        there = set(held)
        without = [answer.without(product) for product, answer in zip(products, considered, strict=True)]
        return cls(list(products), [product in there for product in products], considered, without)


@dataclass(frozen=True, eq=False)
class Compared:
    """The details of one photo: products that share them, and the agreement of those that were compared."""

    by_details: list[Hit]
    verified: dict[str, Verified]


class Recalled(Verifier):
    """Returns comparisons that were made before."""

    def __init__(self, store: Store, compared: Mapping[str, Compared]) -> None:
        super().__init__(store)
        self._compared = compared

    def find(self, queries: Sequence[Query], where: Where | None) -> list[list[Hit]]:
        """See ``Verifier``."""
        return [self._compared[query.shots[0].content].by_details for query in queries]

    def verify(
        self, query: Query, looks: Sequence[Hit], details: Sequence[Hit], budget: int = 0
    ) -> dict[str, Verified]:
        """See ``Verifier``; what was not compared agrees in nothing."""
        verified = self._compared[query.shots[0].content].verified
        nothing = {hit.record.product_id: Verified(hit.item_id, Geometry()) for hit in [*looks, *details]}
        return {product: verified.get(product, blank) for product, blank in nothing.items()}


def whole_catalog_answers(kind: Kind, embedder: str) -> PhotoAnswers:
    """The photos of a kind, and clothes, answered from the kind's catalog by its looks and details.

    There are no closer looks at photos: details are compared once.
    """
    photos = [*queries(kind, embedder), *queries(NOWHERE, embedder)]
    store = store_of(shelf_records(kind.shelf, embedder), embedder)
    searcher = Searcher(store, knowledge_of(store.manifest))
    searcher._verifier = Recalled(store, compared(kind))
    searcher._looks_closer = False
    considered = [searcher.consider([query], DEPTH)[0] for _, query in photos]
    held = {record.product_id for record in shelf_records(kind.shelf, embedder)}
    return PhotoAnswers.of([product for product, _ in photos], held, considered)


def small_catalog_answers(kind: Kind, embedder: str, size: int, draw: int) -> PhotoAnswers:
    """The same from a catalog of so many drawn products, half of them shown in photos.

    ``without`` has the answers of as many photos of other products, and of those of the catalog without their own.
    """
    photos, records = [*queries(kind, embedder), *queries(NOWHERE, embedder)], shelf_records(kind.shelf, embedder)
    comparisons, dice = compared(kind), np.random.default_rng(1000 * draw + size)
    products = sorted({record.product_id for record in records})
    shown = sorted({product for product, _ in photos} & set(products))
    own = dice.permutation(shown)[: max(1, size // 2)].tolist()
    held = {*own, *[name for name in dice.permutation(products).tolist() if name not in own][: size - len(own)]}
    shelf = [record for record in records if record.product_id in held]
    present = [photo for photo in photos if photo[0] in held]
    absent = [photo for photo in photos if photo[0] not in held]
    foreign = [absent[place] for place in dice.permutation(len(absent))[: len(present)].tolist()]

    def consider(photo: tuple[str, Query], products: set[str]) -> Considered:
        left = [record for record in shelf if record.product_id in products]
        return considered_among(photo[1], left, comparisons[photo[1].shots[0].content])

    return PhotoAnswers(
        [product for product, _ in [*present, *foreign]],
        [True] * len(present) + [False] * len(foreign),
        [consider(photo, held) for photo in [*present, *foreign]],
        [consider(photo, held - {photo[0]}) for photo in [*present, *foreign]],
    )


def considered_among(query: Query, shelf: Sequence[Record], compared: Compared) -> Considered:
    """What a small catalog knows of a photo: every product that it has, as if no other had ever been compared."""
    if not shelf:
        return Considered(())
    cosines = np.stack([record.vectors[OWN] for record in shelf]) @ query.vector
    best: dict[str, int] = {}
    for place in np.argsort(-cosines, kind="stable").tolist():
        best.setdefault(shelf[place].product_id, place)
    left = restricted(compared.verified, best)
    hits = tuple(Hit(shelf[place].item_id, float(cosines[place]), shelf[place]) for place in best.values())
    return Considered(hits, {}, tuple(left.get(product, Verified(product, Geometry())) for product in best))


def restricted(verified: Mapping[str, Verified], held: Iterable[str]) -> dict[str, Verified]:
    """The agreement of the products that are held, as if no other product had been compared."""
    left = {product: verified[product] for product in held if product in verified}
    geometries = without_rival([own.geometry for own in left.values()], list(left))
    return {
        product: replace(own, geometry=geometry)
        for (product, own), geometry in zip(left.items(), geometries, strict=True)
    }


def compared(kind: Kind) -> dict[str, Compared]:
    """The comparisons of the photos of a kind, and of clothes, by the photo's content."""

    def make() -> dict[str, Compared]:
        records = shelf_records(kind.shelf, DEFAULT)
        store = store_of(records, DEFAULT)
        return {
            query.shots[0].content: compare(store, query)
            for query in (query for _, query in [*queries(kind, DEFAULT), *queries(NOWHERE, DEFAULT)])
        }

    return kept(f"compared {kind.name} {details_mark()} {MOST_COMPARED}", make)


def compare(store: Store, query: Query) -> Compared:
    """What the details of a photo and of a store's items have in common."""
    verifier = Verifier(store)
    [details] = verifier.find([query], None)
    [looks] = store.search(OWN, query.vector[np.newaxis], DEPTH, distinct="product_id")
    return Compared(details, verifier.verify(query, looks, details))


def store_of(records: Sequence[Record], embedder: str) -> ExactStore:
    """A store in memory that keeps details."""
    store = ExactStore(with_details(first_manifest(load(embedder).spec)))
    store.upsert(list(records))
    return store


@cache
def queries(kind: Kind, embedder: str) -> list[tuple[str, Query]]:
    """The photos of a kind as queries; photos of ``NOWHERE`` show no product."""
    photos = kept(f"photos {kind.name}", lambda: [(product, as_png(picture)) for product, picture in kind.photos()])
    details = kept(f"details {kind.name} {details_mark()}", lambda: [extract(shown(data), PHOTO) for _, data in photos])
    views = joined([photo_views(kind.name, photos, part) for part in parts_of(embedder)])
    rows = zip(photos, details, views, strict=True)
    return [
        ("" if kind is NOWHERE else product, Query(seen, (shot_of(data, own, f"{kind.name} {place}"),)))
        for place, ((product, data), own, seen) in enumerate(rows)
    ]


def shot_of(data: bytes, details: Details, content: str) -> Shot:
    """A shot whose details are there already."""
    shot = Shot(partial(shown, data), content)
    shot.__dict__["details"] = details
    return shot


def photo_views(name: str, photos: Sequence[tuple[str, bytes]], network: str) -> Vectors:
    """What one network makes of the views of each photo, shape (photos, views, dim)."""

    def make() -> Vectors:
        embedder = load(network, threads=1)
        seen = (views_of(shown(data), CLOSER) for _, data in photos)
        return np.stack([embedder.embed(pixels_of(views, embedder.spec.transforms)) for views in seen])

    return kept(f"views {name} {load(network).spec.fingerprint}", make)


@cache
def shelf_records(shelf: str, embedder: str) -> list[Record]:
    """The items of a catalog with vectors, details, words and thumbnails."""

    def make() -> list[Record]:
        return [record_of(str(place), *pictured) for place, pictured in enumerate(SHELVES[shelf]())]

    bare = kept(f"shelf {shelf} {details_mark()}", make)
    vectors = joined([shelf_vectors(shelf, part)[:, np.newaxis] for part in parts_of(embedder)])[:, 0]
    return [with_vector(record, vector) for record, vector in zip(bare, vectors, strict=True)]


def shelf_vectors(shelf: str, network: str) -> Vectors:
    """What one network makes of the pictures of a catalog, shape (pictures, dim)."""

    def make() -> Vectors:
        embedder = load(network, threads=1)
        rows = (embedder.embed(pixels_of([picture], embedder.spec.transforms)) for _, picture in SHELVES[shelf]())
        return np.concatenate(list(rows))

    return kept(f"shelf vectors {shelf} {load(network).spec.fingerprint}", make)


def record_of(item_id: str, product: str, picture: Image.Image) -> Record:
    """An item without a vector."""
    stored = extract_stored_details(picture)
    blobs = {THUMBNAIL: encode_thumbnail(picture), DETAILS: stored.sealed}
    if stored.words is not None:
        blobs[VISUAL_WORDS] = stored.words.to_bytes()
    return Record(item_id, product, f"{item_id}.jpg", blobs=blobs)


def with_vector(record: Record, vector: Vectors) -> Record:
    """The item with its vector."""
    return Record(record.item_id, record.product_id, record.image, vectors={OWN: vector}, blobs=record.blobs)


def parts_of(embedder: str) -> list[str]:
    """The networks that are joined in an embedder."""
    return JOINS.get(embedder, embedder).split("+")


def joined(parts: Sequence[Vectors]) -> Vectors:
    """Unit vectors side by side, as a joined embedder gives them."""
    return np.concatenate(parts, axis=-1) / np.float32(np.sqrt(len(parts)))


@cache
def details_mark() -> str:
    """What names the details of this version, of photos and of catalogs."""
    return hashlib.sha256(f"{photo_details_fingerprint()} {CATALOG_PICTURE}".encode()).hexdigest()[:16]


def as_png(picture: Image.Image) -> bytes:
    """A picture as it is, in few bytes."""
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=1)
    return file.getvalue()


def shown(data: bytes) -> Image.Image:
    """The picture that ``as_png`` wrote."""
    return Image.open(io.BytesIO(data)).convert("RGB")


def kept(name: str, make: Callable[[], T]) -> T:
    """What was made when it was first needed, from the cache folder."""
    file = cache_folder() / f"goods-{name.replace(' ', '-').replace(',', '')}.pickle"
    if file.exists():
        stored: T = pickle.loads(file.read_bytes())
        return stored
    made = make()
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_suffix(".making")
    aside.write_bytes(pickle.dumps(made))
    aside.replace(file)
    return made
