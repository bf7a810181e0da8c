"""Recognizes the role of a column (title, brand, price, …) by the names that shops use."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Collection, Iterator, Mapping
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


_PICTURE_WORDS = frozenset((
    "image", "images", "img", "imgs", "picture", "pictures", "pic", "pics", "photo", "photos", "media", "asset",
    "assets", "bild", "bilder", "foto", "fotos", "abbildung", "produktbild", "artikelbild", "imagen", "imagenes",
    "imagem", "imagens", "immagine", "immagini", "afbeelding", "afbeeldingen", "productafbeelding", "zdjecie",
    "zdjecia", "obrazek", "obrazky", "obraz", "kep", "billede", "billeder", "bilde", "kuva", "resim", "gorsel",
    "изображение", "картинка", "фото", "画像", "商品画像", "商品画像パス", "サブ画像", "图片", "圖片", "이미지",
))  # fmt: skip
"""Words for pictures, in the singular and plural."""

_FURTHER_WORDS = frozenset((
    "additional", "other", "more", "extra", "secondary", "alternate", "alternative", "gallery", "add", "hover",
    "variant", "back", "detail", "weitere", "weiteres", "zusatzliches", "zusatzlicher", "autre", "autres",
    "supplementaire", "secondaire", "adicional", "adicionales", "adicionais", "aggiuntiva", "aggiuntive", "secundaria",
    "dodatkowe", "dalsi", "ekstra", "yderligere", "ek", "diger", "muut", "tovabbi", "two", "three", "four", "five",
    "six", "дополнительные", "дополнительное", "andere", "anderes", "otra", "otras", "altra", "altre",
    "inne", "variants",
))  # fmt: skip
"""Words for any picture of a product but the main one."""

_ADDRESS_WORDS = frozenset((
    "url", "urls", "link", "links", "src", "path", "pfad", "file", "name", "id", "uri", "href", "address", "adresse",
    "location", "lien", "enlace", "product", "item", "merchant", "main", "of", "de", "du", "d", "la", "l", "the",
    "ссылка", "ссылки", "на", "главное", "основное",
))  # fmt: skip
"""Words that say nothing about which picture of a product a column has."""

_SIZES = (
    frozenset(("large", "big", "zoom", "original", "full", "hires", "xl", "gross", "grande")),
    frozenset(("medium", "normal", "standard", "preview", "mittel", "mediana", "moyenne")),
    frozenset(("small", "thumb", "thumbnail", "thumbs", "mini", "tiny", "icon", "klein", "petite")),
)
"""Words for the sizes in which some shops list the same picture, the largest first."""

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_BETWEEN = re.compile(r"[\s_\-./\\()\[\]:*?#,'’]+")
_BRACKETS = re.compile(r"\s*(?:\((?!\d+\)).*\)|\[(?!\d+\]).*\])\s*$")
_LOCALE = re.compile(
    r" (?:en|de|fr|es|it|nl|pt|pl|cs|ja|zh|sv|da|fi|us|gb|uk)(?: [a-z]{2})?(?: (?:ecommerce|print|mobile|default))?$"
)
_LOCALE_BEFORE = re.compile(r"^(?:en|de|fr|es|it|nl|pt|pl|cs|sv|da|fi|us|gb|uk) (?=\w)")
_PREFIX = re.compile(r"^(?:g|c|field|attribute|product|attr|f|p):(?=\w)", re.IGNORECASE)
_CURRENCY = re.compile(
    r" (?:usd|eur|gbp|chf|pln|czk|sek|dkk|nok|cad|aud|jpy|huf|ron|brl|mxn|inr|cny|rub|uah|try|руб|грн)$"
)
_OWNER = re.compile(r"^(?:(?:products?|items?|articles?|artikel|offer|merchant|produkt|produit|producto|ie) )+(?=\w)")
_OWNED = re.compile(
    r"(?: (?:del?|do|da|du|di|of|im|in|des))*"
    r" (?:product|item|shop|artikels?|produkts?|producto|produto|produit|prodotto|articolo|articulo|article|produktu"
    r"|towaru|товара)$"
)
_TAX = re.compile(
    r"(?: (?:iva|vat|tva|ttc|mwst|ust|btw|tax|inkl|incl|including|inclusive|included|inclusa|inclusief|incluido|incluso"
    r"|brutto|gross|with))+$"
)
_AMOUNT = re.compile(r".*\b(?:price|pricing|preis|prix|precio|prezzo)\b.* (?:amount|value|gross)")
_OF_OTHERS = re.compile(r"shipping|delivery|versand|livraison|envio|seller|tax|cost|compare|old|previous|weight", re.I)
_OF_ANYTHING = frozenset(("name", "title", "value", "text", "label", "titel", "nom", "nombre", "nome", "наименование"))
"""Names within an object that stand for the object, as in ``maker.name``."""

_WRAPPINGS = frozenset(("data", "attributes", "node", "translated"))
"""Names of objects around others in answers of APIs."""

_CATCHALL = 10_000
"""Added to the rank of a name that only resembles the names that shops use."""


@lru_cache(maxsize=4096)
def plain_name(column: str) -> str:
    """A column's name as names are compared: lower case, no accents, words separated by one space."""
    spaced = _CAMEL.sub(" ", _PREFIX.sub("", column.strip()))
    folded = unicodedata.normalize("NFKD", spaced.casefold().replace("ß", "ss"))
    bare = unicodedata.normalize(
        "NFC", "".join(character for character in folded if not "\u0300" <= character <= "\u036f")
    )
    return _BETWEEN.sub(" ", bare).strip()


_OF_PRODUCTS: tuple[Role, ...] = ("title", "image", "item_id", "price", "brand", "category", "gtin", "description")


def candidates(role: Role, columns: Collection[str]) -> list[str]:
    """The columns whose names suggest a role, the most likely first.

    A name is compared with its suffix in brackets, without the suffix, and without a language (``name-en_US``).
    """
    ranked = [(rank, order, name) for order, name in enumerate(columns) if (rank := _rank(role, name)) is not None]
    return [name for _, _, name in sorted(ranked)]


def roles_of_products(columns: Collection[str]) -> int:
    """How many of the roles that products usually have are suggested by the names of columns."""
    return sum(bool(candidates(role, columns)) for role in _OF_PRODUCTS)


@lru_cache(maxsize=8192)
def _rank(role: Role, name: str) -> int | None:
    exact = _exact_rank(role, name)
    if role == "image" and exact is not None and not _SIZES[-1].isdisjoint(plain_name(name).split()):
        return exact + 2 * _CATCHALL
    if role == "title" and plain_name(name) == "model":
        return _CATCHALL
    if exact is not None or any(_exact_rank(other, name) is not None for other in ROLES) or holds_tags(name):
        return exact
    if role == "image":
        return _rank_of_image(name)
    ranks, squashed = _ranks(role), _squashed_ranks(role)
    plain = plain_name(name)
    if (rank := squashed.get(plain.replace(" ", ""))) is not None:
        return rank + _CATCHALL
    forms = _similar_names(name, plain)
    return next((ranks[form] + _CATCHALL * number for number, form in enumerate(forms, 2) if form in ranks), None)


def _rank_of_image(name: str) -> int | None:
    """The rank of a column with the main picture, by its size; None for any other column."""
    plain = plain_name(name)
    sizes = [rank for rank, words in enumerate(_SIZES) if not words.isdisjoint(plain.split())]
    bare = " ".join(word for word in plain.split() if not any(word in words for words in _SIZES))
    if len(sizes) > 1 or not _is_main_image(bare if sizes else plain):
        return None
    return _CATCHALL + 1 + sizes[0] if sizes else _CATCHALL


def _exact_rank(role: Role, name: str) -> int | None:
    ranks, plain = _ranks(role), plain_name(name)
    if (form := _CURRENCY.sub("", plain)) != plain and form in ranks and role == "price":
        return ranks[form] + 10
    forms = (plain, plain_name(_BRACKETS.sub("", name)), _LOCALE.sub("", plain))
    return next((ranks[form] + 1000 * number for number, form in enumerate(forms) if form in ranks), None)


def _similar_names(name: str, plain: str) -> Iterator[str]:
    """Usual names that a name may stand for, such as ``ean`` for ``EAN / GTIN`` or for ``details.EAN``."""
    if _OF_OTHERS.search(name):
        return
    if " / " in name:
        yield from map(plain_name, name.split(" / "))
    bare = plain_name(_BRACKETS.sub("", name))
    for form in dict.fromkeys((plain, bare)):
        yield from (_OWNER.sub("", form), _OWNED.sub("", form), _TAX.sub("", form), _LOCALE_BEFORE.sub("", form))
    if _AMOUNT.fullmatch(plain):
        yield "price"
    if "." in name and " " not in name:
        path = [part for part in map(plain_name, name.split(".")) if part not in _WRAPPINGS and not part.isdecimal()]
        yield from path[-2:-1] if len(path) > 1 and path[-1] in _OF_ANYTHING else path[-1:]


def is_further_image(column: str) -> bool:
    """True if shops use this name for additional pictures of a product."""
    plain = plain_name(column)
    if plain in _aliases()["further_image"] or plain.replace(" ", "") in _squashed_further_images():
        return True
    words, numbers = _words_of_image(plain)
    return words is not None and (any(number > 1 for number in numbers) or bool(words & _FURTHER_WORDS))


def image_family(column: str) -> str | None:
    """The common name of numbered columns of pictures, such as ``image # url``; None for any other column."""
    plain = plain_name(column)
    words, numbers = _words_of_image(plain)
    return re.sub(r"\d+", "#", plain) if words is not None and len(numbers) == 1 else None


def _is_main_image(column: str) -> bool:
    words, numbers = _words_of_image(plain_name(column))
    return words is not None and all(number < 2 for number in numbers) and not words & _FURTHER_WORDS


def _words_of_image(plain: str) -> tuple[frozenset[str] | None, tuple[int, ...]]:
    """The words and numbers of a name that only says that a column has a picture; None for any other name."""
    parts = re.findall(r"\d+|[^\W\d]+", plain)
    words = frozenset(part for part in parts if not part.isdecimal())
    usual = words <= _PICTURE_WORDS | _ADDRESS_WORDS | _FURTHER_WORDS and not words.isdisjoint(_PICTURE_WORDS)
    return words if usual else None, tuple(int(part) for part in parts if part.isdecimal())


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


@lru_cache(maxsize=len(ROLES))
def _squashed_ranks(role: Role) -> Mapping[str, int]:
    """The ranks of names without their blanks, for headers such as ``IMAGEURL``."""
    return {name.replace(" ", ""): rank for name, rank in reversed(list(_ranks(role).items()))}


@lru_cache(maxsize=1)
def _squashed_further_images() -> frozenset[str]:
    return frozenset(name.replace(" ", "") for name in _aliases()["further_image"])


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
