"""Recognizes the role of a column (title, brand, price, …) by the names that shops use."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Collection, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Literal, TypeAlias, TypeVar

Role: TypeAlias = Literal[
    "item_id", "product_id", "image", "links", "title", "brand", "price", "currency", "category", "gtin",
    "availability", "description",
]  # fmt: skip

Value = TypeVar("Value")

STRUCTURAL: tuple[Role, ...] = ("item_id", "product_id", "image", "links")
"""Roles of columns that describe the item itself. These columns do not become attributes."""

DESCRIPTIVE: tuple[Role, ...] = (
    "title", "brand", "price", "currency", "category", "gtin", "availability", "description",
)  # fmt: skip
"""Roles of columns that become attributes. The attribute has the column's own name."""

ROLES: tuple[Role, ...] = (*STRUCTURAL, *DESCRIPTIVE)


_FURTHER_IMAGE = re.compile(
    r"(?:additional|other|more|extra|secondary|alternate|alternative|gallery|swatch|hover|variant|back|detail) "
    r"(?:product )?(?:image|picture|photo|img)s?(?: ?(?:link|url|src|path|location|file|id)s?)?(?: ?\d+)?"
    r"|(?:product |item |main |merchant |alternate )?"
    r"(?:image|picture|photo|img|pic|bild|foto|imagen|imagem|immagine|afbeelding|zdjecie|画像|商品画像|商品画像パス|サブ画像)"
    r" ?(?:link|url|src|path|file|name|id)?s? ?0?(?:[2-9]|[1-9]\d)(?: ?(?:url|link|src))?"
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_BETWEEN = re.compile(r"[\s_\-./\\()\[\]:*?#,'’]+")
_BRACKETS = re.compile(r"\s*[\[(].*[\])]\s*$")
_LOCALE = re.compile(
    r" (?:en|de|fr|es|it|nl|pt|pl|cs|ja|zh|sv|da|fi|us|gb|uk)(?: [a-z]{2})?(?: (?:ecommerce|print|mobile|default))?$"
)
_PREFIX = re.compile(r"^(?:g|c|field|attribute|product|attr|f|p):(?=\w)")


@lru_cache(maxsize=4096)
def plain_name(column: str) -> str:
    """A column's name as names are compared: lower case, no accents, words separated by one space."""
    spaced = _CAMEL.sub(" ", _PREFIX.sub("", column.strip()))
    folded = unicodedata.normalize("NFKD", spaced.casefold().replace("ß", "ss"))
    bare = unicodedata.normalize(
        "NFC", "".join(character for character in folded if not "\u0300" <= character <= "\u036f")
    )
    return _BETWEEN.sub(" ", bare).strip()


def candidates(role: Role, columns: Collection[str]) -> list[str]:
    """The columns whose names suggest a role, the most likely first.

    A name is compared with its suffix in brackets, without the suffix, and without a language (``name-en_US``).
    """
    ranked = [(rank, order, name) for order, name in enumerate(columns) if (rank := _rank(role, name)) is not None]
    return [name for _, _, name in sorted(ranked)]


@lru_cache(maxsize=8192)
def _rank(role: Role, name: str) -> int | None:
    ranks = _ranks(role)
    forms = (plain_name(name), plain_name(_BRACKETS.sub("", name)), _LOCALE.sub("", plain_name(name)))
    return next((ranks[form] + 1000 * number for number, form in enumerate(forms) if form in ranks), None)


def is_further_image(column: str) -> bool:
    """True if shops use this name for additional pictures of a product."""
    plain = plain_name(column)
    return plain in _aliases()["further_image"] or _FURTHER_IMAGE.fullmatch(plain) is not None


def holds_tags(column: str) -> bool:
    """True if shops use this name for lists of tags."""
    return plain_name(column) in _aliases()["tags"]


def roles_of(columns: Collection[str]) -> dict[Role, str]:
    """For each role of an attribute, the column whose name suggests it.

    Only names are needed, so this works for the columns of a source and for the attributes of a catalog.
    """
    return {role: names[0] for role, names in names_of_roles(columns).items()}


def names_of_roles(columns: Collection[str]) -> dict[Role, list[str]]:
    """For each role of an attribute, all columns whose names suggest it, the most likely first."""
    named = {role: candidates(role, columns) for role in DESCRIPTIVE}
    return {role: names for role, names in named.items() if names}


def role_values(attributes: Mapping[str, Value]) -> dict[Role, Value]:
    """For each role of an attribute, the value of an item: its title, brand, price, …"""
    return {role: attributes[name] for role, name in _roles_of_names(tuple(attributes)).items()}


@lru_cache(maxsize=1024)
def _roles_of_names(names: tuple[str, ...]) -> Mapping[Role, str]:
    return roles_of(names)


@lru_cache(maxsize=len(ROLES))
def _ranks(role: Role) -> Mapping[str, int]:
    return {**_aliases()[role], role: -2, plain_name(role): -1}


@lru_cache(maxsize=1)
def _aliases() -> Mapping[str, Mapping[str, int]]:
    """For each role, the names of columns with their rank, from ``aliases.toml``."""
    listed: dict[str, list[str]] = tomllib.loads(files("sosie").joinpath("aliases.toml").read_text("utf-8"))
    return {role: _with_ranks(names) for role, names in listed.items()}


def _with_ranks(names: list[str]) -> dict[str, int]:
    """Plain names with their rank in the list. A name with ``ae`` is also listed with ``a``, for ``ä``."""
    ranks: dict[str, int] = {}
    for place, name in enumerate(names):
        plain = plain_name(name)
        ranks.setdefault(plain, place)
        ranks.setdefault(re.sub("([aou])e", r"\1", plain), place)
    return ranks
