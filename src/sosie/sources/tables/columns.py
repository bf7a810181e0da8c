"""Assigns roles to the columns of a table."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sosie.errors import SourceError, UsageError
from sosie.roles import DESCRIPTIVE, ROLES, Role, candidates, image_family, is_further_image, plain_name
from sosie.sources.pictures.finder import has_picture_ending
from sosie.sources.tables.addresses import Embedded, Picture, pictures_in
from sosie.sources.values import LISTS_OF_VARIANTS, Row, value_at
from sosie.support.urls import is_url
from sosie.types import RECORD_FIELDS

RESERVED = frozenset((*RECORD_FIELDS, "image", "links"))
"""Names that no attribute may have."""

_SHOWN = 30
_STRONG = (
    "image", "picture", "photo", "img", "src", "file", "bild", "foto", "abbildung", "imagen", "imagem", "immagin",
    "afbeelding", "zdjecie", "obraz", "изображ", "картин", "фото", "画像", "写真", "图片", "圖片", "이미지",
)  # fmt: skip
"""Words in a column's name that mark it as pictures if its cells may be addresses, even without a picture's ending."""

_HANDLES = frozenset(("handle", "url handle", "handleid", "handle id"))
"""Columns that group the rows of a product; each variant or picture has a row."""

_PARENTS = frozenset((
    "parent", "parent sku", "parent id", "uebergeordnetes produkt", "ubergeordnetes produkt", "vaterartikel",
    "superior", "padre", "produit parent", "produit mere",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a table that items are made from.

    - ``images``: the columns of pictures, the main column first. If there are none, pictures are found by the item's
      id.
    - ``by_product``: what items are named after if there is no ``item_id``: True for their product, False for their
      picture.
    - ``renamed``: maps a column to the role that the user assigned. The role becomes the name of its attribute.
    """

    item_id: str | None
    product_id: str | None
    images: tuple[str, ...]
    links: str | None
    descriptive: Mapping[Role, str]
    renamed: Mapping[str, str]
    by_product: bool = False
    parent: bool = False
    notes: tuple[str, ...] = ()

    @property
    def structural(self) -> frozenset[str]:
        """The columns that items are made from. They do not become attributes; a list of variants does both."""
        names = (self.item_id, self.product_id, self.links, *self.images)
        return frozenset(name for name in names if name and name.lower() not in LISTS_OF_VARIANTS)

    def is_attribute(self, name: str) -> bool:
        """True if a column becomes an attribute: it has a name, the name is not reserved, and it is not structural."""
        return bool(name) and name not in self.structural and self.renamed.get(name, name) not in RESERVED

    def roles(self) -> dict[str, tuple[str, ...]]:
        """For each role, its columns, for people to check."""
        structural = {"item_id": self.item_id, "product_id": self.product_id, "links": self.links}
        named = {role: (name,) for role, name in structural.items() if name}
        return {**named, "image": self.images, **{role: (name,) for role, name in self.descriptive.items()}}


def check_mapping(mapping: Mapping[str, str]) -> None:
    """Raises ``UsageError`` if a column is mapped to an unknown role."""
    for role in mapping:
        if role not in ROLES:
            raise UsageError(
                f"cannot map a column to {role!r}: expected {', '.join(ROLES)}; other columns become attributes anyway"
            )


def resolve(
    table: str, available: Sequence[str], mapping: Mapping[str, str], sample: Sequence[Row], by_id: bool = False
) -> Columns:
    """The roles of a table's ``available`` columns, by the user's ``mapping`` and the first rows.

    ``SourceError`` if a mapped column is missing. Also if no column has pictures and ``by_id`` is False: only with
    ``by_id`` are pictures found by the item's id.
    """
    for role, name in mapping.items():
        if name not in available:
            raise SourceError(_missing(table, role, name, available, sample))
    chooser = _RoleAssigner(available, mapping, [row for row in sample if not is_translation(row)])
    images = chooser.images()
    if not images and not by_id:
        raise SourceError(_missing(table, "image", "image", available, sample))
    columns = chooser.columns(images)
    if not images and not columns.item_id:
        raise SourceError(_missing(table, "item_id", "item_id", available, sample))
    return columns


def is_translation(row: Row) -> bool:
    """True if a row only translates another row, like Magento's rows of a store view."""
    store_view = row.get("store_view_code")
    return isinstance(store_view, str) and bool(store_view.strip()) and "sku" in row


_DISTINCT_IDS = 0.95
"""In a column of item ids, at least this share of the first values must be distinct."""


class _RoleAssigner:
    """Assigns roles to the columns of a table, by their names and first cells."""

    def __init__(self, available: Sequence[str], mapping: Mapping[str, str], sample: Sequence[Row]) -> None:
        self._available = [name for name in available if name]
        self._mapping = mapping
        self._sample = sample
        self._notes: list[str] = []

    def images(self) -> tuple[str, ...]:
        """The columns of pictures, the main column first."""
        if main := self._main_image():
            families = {image_family(main), *(image_family(name) for name in self._available if is_further_image(name))}
            further = (
                name for name in self._available
                if (is_further_image(name) or image_family(name) in families - {None} or self._repeats_main(name, main))
                and name not in self._mapping.values()
            )  # fmt: skip
            return (main, *(name for name in further if name != main and self._holds_addresses(name)))
        return tuple(name for name in self._available if is_further_image(name) and self._picture_share(name) > 0.5)

    def columns(self, images: tuple[str, ...]) -> Columns:
        """All roles. ``images`` are the columns of pictures."""
        links = self._links(images)
        item_id = self._item_id(images)
        product_id = self._product_id(images, item_id)
        by_product = item_id is None and product_id is not None and plain_name(product_id) != "product id"
        taken = {*images, links, item_id, product_id, *self._mapping.values()}
        title_twin = self._mapping.get("title")
        descriptive = self._descriptive({name for name in taken if name and name != title_twin})
        if item_id is None and not by_product:
            self._notes.append(
                "no column has item ids, so items are named after their pictures; "
                "--column item_id=NAME selects a column of ids"
            )
        return Columns(
            item_id, product_id, images, links, descriptive,
            {name: role for role, name in self._mapping.items() if role in DESCRIPTIVE},
            by_product, product_id is not None and plain_name(product_id) in _PARENTS, tuple(self._notes),
        )  # fmt: skip

    def _main_image(self) -> str | None:
        if "image" in self._mapping:
            return self._mapping["image"]
        if "image" in self._available:
            return "image"
        named = [name for name in candidates("image", self._available) if name not in self._mapping.values()]
        certain = [name for name in named if self._picture_share(name) > 0.3]
        behind_urls = next((name for name in certain if self._url_share(name) > 0.5), None)
        strong = next((name for name in named if _is_strong(name) and self._holds_addresses(name)), None)
        return behind_urls or next(iter(certain), None) or strong or self._nested_image() or self._by_content()

    def _repeats_main(self, name: str, main: str) -> bool:
        """True if a column lists all pictures of a product, the picture of the main column among them."""
        if not candidates("image", [name]) or name == main:
            return False
        pairs = [(_pictures_of(value_at(row, main)), _pictures_of(value_at(row, name))) for row in self._sample]
        listed = [further for first, further in pairs if first and first[0] in further]
        return 2 * len(listed) > len(self._cells(main)) and any(len(further) > 1 for further in listed)

    def _nested_image(self) -> str | None:
        """The pictures in an object, such as ``media.images``."""
        names = dict.fromkeys(name for row in self._sample for name in _nested_names(row))
        named = sorted((name for name in names if _is_named_image(name)), key=lambda name: name.count("."))
        return next((name for name in named if self._picture_share(name) > 0.3), None)

    def _by_content(self) -> str | None:
        """The only column whose cells are pictures, whatever its name."""
        holding = [name for name in self._available if self._picture_share(name) > 0.8 and not is_further_image(name)]
        holding = [name for name in holding if self._holds_bytes(name)] or holding
        if len(holding) != 1 or holding[0] in self._mapping.values():
            return None
        self._notes.append(f"pictures are taken from the column {holding[0]!r}, whose cells are addresses of pictures")
        return holding[0]

    def _item_id(self, images: Collection[str]) -> str | None:
        if "item_id" in self._mapping:
            return self._mapping["item_id"]
        if "item_id" in self._available:
            return "item_id"
        if any(plain_name(name) in _HANDLES for name in self._available):
            return None
        free = [n for n in self._available if n not in images and n not in self._mapping.values()]
        named = candidates("item_id", free)
        return next((name for name in named if self._is_distinct(name)), None)

    def _product_id(self, images: Collection[str], item_id: str | None) -> str | None:
        if "product_id" in self._mapping:
            return self._mapping["product_id"]
        taken = {*images, item_id, *self._mapping.values()}
        named = candidates("product_id", [name for name in self._available if name not in taken])
        handle = next((name for name in named if plain_name(name) in _HANDLES and item_id is None), None)
        return handle or next((name for name in named if plain_name(name) != "product" or self._repeats(name)), None)

    def _links(self, images: Collection[str]) -> str | None:
        if "links" in self._mapping:
            return self._mapping["links"]
        taken = {*images, *self._mapping.values()}
        named = candidates("links", [name for name in self._available if name not in taken])
        return next((name for name in named if name in ("links", "link") or self._holds_links(name)), None)

    def _descriptive(self, taken: Collection[str]) -> dict[Role, str]:
        free = [name for name in self._available if name not in taken]
        chosen: dict[Role, str] = {}
        for role in DESCRIPTIVE:
            if role in self._mapping:
                chosen[role] = self._mapping[role]
            elif named := [name for name in candidates(role, free) if name not in chosen.values()]:
                chosen[role] = next((name for name in named if self._cells(name)), named[0])
        return chosen

    def _cells(self, name: str) -> list[object]:
        cells = (value_at(row, name) for row in self._sample)
        return [cell for cell in cells if cell is not None and not (isinstance(cell, str) and not cell.strip())]

    def _picture_share(self, name: str) -> float:
        cells = self._cells(name)
        return sum(map(_is_picture, cells)) / len(cells) if cells else 0.0

    def _holds_bytes(self, name: str) -> bool:
        return any(isinstance(cell, bytes) for cell in self._cells(name))

    def _url_share(self, name: str) -> float:
        cells = self._cells(name)
        return sum(map(_is_behind_url, cells)) / len(cells) if cells else 0.0

    def _holds_addresses(self, name: str) -> bool:
        """True if every cell may be an address, and not a number or a sentence."""
        return all(map(_may_be_address, self._cells(name)))

    def _holds_links(self, name: str) -> bool:
        cells = self._cells(name)
        return bool(cells) and all(isinstance(cell, str) and _is_link(cell.strip()) for cell in cells[:20])

    def _is_distinct(self, name: str) -> bool:
        """True if the first values of the column are distinct, except for a few damaged values.

        A blank or repeated cell costs only its own row. It must not change the ids of all items.
        """
        cells = [cell.strip() if isinstance(cell, str) else cell for cell in self._cells(name)]
        if not all(map(_may_be_id, cells)) or 2 * len(cells) <= len(self._sample):
            return False
        return len(set(cells)) >= _DISTINCT_IDS * len(cells)

    def _repeats(self, name: str) -> bool:
        cells = [cell for cell in self._cells(name) if isinstance(cell, str | int)]
        return len(set(cells)) < len(cells)


def _nested_names(row: Row, above: str = "", depth: int = 3) -> Iterator[str]:
    for name, value in row.items():
        if above:
            yield above + name
        if isinstance(value, Mapping) and depth and "." not in name:
            yield from _nested_names(value, f"{above}{name}.", depth - 1)


def _is_named_image(path: str) -> bool:
    return bool(candidates("image", [path.rpartition(".")[2]]))


def _may_be_address(cell: object) -> bool:
    if not isinstance(cell, str):
        return not isinstance(cell, int | float)
    text = cell.strip()
    is_sentence = text.count(" ") > 12 and not is_url(text) and text[:1] not in "[{<=!"
    return not (is_sentence or (text.isdecimal() and len(text) < 3))


def _may_be_id(cell: object) -> bool:
    if isinstance(cell, str):
        return len(cell) <= 200 and cell.count(" ") <= 6
    return not isinstance(cell, bool) and (isinstance(cell, int) or (isinstance(cell, float) and cell.is_integer()))


def _is_link(text: str) -> bool:
    return is_url(text) or text[:1] == "/"


def _is_strong(name: str) -> bool:
    plain = plain_name(name)
    return any(word in plain for word in _STRONG)


def _is_picture(cell: object) -> bool:
    """True if a cell names a picture by its ending, or holds its bytes."""
    pictures = _pictures_of(cell)
    return bool(pictures) and all(
        _is_picture_data(picture.data) if isinstance(picture, Embedded)
        else has_picture_ending(_first_address(picture).partition("?")[0].partition("#")[0])
        for picture in pictures
    )  # fmt: skip


def _pictures_of(cell: object) -> tuple[Picture, ...]:
    """The pictures of a cell; none for a cell that cannot name pictures."""
    try:
        return pictures_in(cell) if not isinstance(cell, int | float) else ()
    except SourceError:
        return ()


def _is_behind_url(cell: object) -> bool:
    """True for a URL, and for objects with the URLs of pictures."""
    if isinstance(cell, str):
        return is_url(cell.strip())
    return _is_picture(cell) and all(
        not isinstance(picture, Embedded) and is_url(_first_address(picture)) for picture in pictures_in(cell)
    )


def _first_address(picture: str | tuple[str, ...]) -> str:
    return picture if isinstance(picture, str) else picture[0]


def _is_picture_data(data: bytes) -> bool:
    return (
        not data
        or data.startswith((b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF", b"BM", b"II*\0", b"MM\0*"))
        or (data[4:8] == b"ftyp")
    )


def _missing(table: str, role: str, name: str, available: Sequence[str], sample: Sequence[Row]) -> str:
    near = difflib.get_close_matches(name, available, n=3, cutoff=0.5)
    if role == "image":
        near = [column for column in near if _is_strong(column)]
    if (
        role == name == "image"
        and any(available)
        and not near
        and next(_holding_pictures(available, sample), None) is None
    ):
        return (
            f"{table} has no column of pictures; it has {_listed(available)}; expected one with addresses or files of "
            "pictures: add it, name it with --column image=NAME (in Python columns={'image': 'NAME'}), or give the "
            "folder of pictures named by item id with --images"
        )
    example = next(_likeliest(role, available, sample, near), "picture_url")
    mapping = shlex.quote(f"{role}={example}")
    return (
        f"{table} has no column {name!r} for {role}; it has {_listed(available)}; "
        + (f"did you mean {' or '.join(map(repr, near))}? " if near else "")
        + f"map a column, for instance --column {mapping} (in Python columns={{{role!r}: {example!r}}})"
        + ("; or give the folder of pictures named by item id with --images" if role == "image" else "")
    )


def _likeliest(role: str, available: Sequence[str], sample: Sequence[Row], near: Sequence[str]) -> Iterator[str]:
    """The best column for the example in a message: one with pictures, else one with a similar name, else the first."""
    if role == "image":
        yield from _holding_pictures(available, sample)
    yield from near
    if role in available:
        yield role
    yield from filter(None, available)


def _holding_pictures(available: Sequence[str], sample: Sequence[Row]) -> Iterator[str]:
    """The column with most pictures, if any has one."""
    chooser = _RoleAssigner(available, {}, sample)
    shares = {name: chooser._picture_share(name) for name in available if name}
    if shares and max(shares.values()) > 0:
        yield max(shares, key=shares.__getitem__)


def _listed(names: Iterable[str]) -> str:
    every = [repr(name) for name in names]
    more = f" and {len(every) - _SHOWN} more" if len(every) > _SHOWN else ""
    return (", ".join(every[:_SHOWN]) or "none") + more
