"""Converts text for the index: whole values, and single words."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from sosie.stores.fulltext.languages import FUNCTION_WORDS, stem_of
from sosie.stores.fulltext.words import words_of
from sosie.types import AttributeValue

LONGEST_TERM = 32_000
"""Most bytes of a value that is indexed unchanged; Lucene allows 32,766."""
LONGEST_WORD = 100
"""Most letters of a word; the whitespace analyzer cuts at 255 UTF-16 units."""
LONGEST_ID = 512
ITEM = "item:"


def term(text: str) -> str:
    """The term of a value: the value itself, or its beginning and a digest if it is too long for Lucene.

    Different values have different terms; their order is that of code points, but among values with the same first
    ``LONGEST_TERM`` bytes it is arbitrary.
    """
    data = text.encode("utf-8", "surrogatepass")
    if len(data) <= LONGEST_TERM:
        return text
    return f"{data[:LONGEST_TERM].decode('utf-8', 'ignore')}\0{hashlib.sha256(data).hexdigest()}"


def number(value: float) -> float:
    """The 64-bit float of a number; −0 becomes 0, as Lucene distinguishes them and ``where`` does not."""
    return float(value) + 0.0


def document_id(item_id: str) -> str:
    """The id of an item's document, at most ``LONGEST_ID`` bytes: a digest if the item's own is longer."""
    data = (ITEM + item_id).encode("utf-8", "surrogatepass")
    if len(data) <= LONGEST_ID and data.decode("utf-8", "ignore") == ITEM + item_id:
        return ITEM + item_id
    return f"item#{hashlib.sha256(data).hexdigest()}"


def indexed_words(text: str) -> list[str]:
    """The words of a text as they are indexed and searched: long ones as their digest."""
    return [word if len(word) <= LONGEST_WORD else hashlib.sha256(word.encode()).hexdigest() for word in words_of(text)]


def indexed_words_of_values(values: Iterable[AttributeValue]) -> str:
    """The words of all strings among the values."""
    return " ".join(indexed_words(_text(values)))


def indexed_stems_of_values(values: Iterable[AttributeValue]) -> str:
    """The stems, in every language, of words that differ from their stem."""
    words = {word for word in words_of(_text(values)) if word.isalpha() and len(word) <= LONGEST_WORD}
    pairs = ((language, stem_of(word, language), word) for word in words for language in FUNCTION_WORDS)
    return " ".join(sorted({stem_term(language, stem) for language, stem, word in pairs if stem != word}))


def stem_term(language: str, stem: str) -> str:
    """The term of a stem."""
    return f"{language}:{stem}"


def _text(values: Iterable[AttributeValue]) -> str:
    texts: list[str] = []
    for value in values:
        if isinstance(value, str):
            texts.append(value)
        elif isinstance(value, tuple):
            texts += value
    return "\n".join(texts)
