"""Converts texts for the index: whole values, and single words."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from sosie.stores.fulltext.languages import FUNCTION_WORDS, stem_of
from sosie.stores.fulltext.words import words_of
from sosie.types import AttributeValue

LONGEST_TERM = 32_000
"""A value with more bytes is shortened for the index; Lucene allows 32,766."""
LONGEST_WORD = 100
"""A word with more letters is replaced by a digest; the whitespace analyzer cuts at 255 UTF-16 units."""
LONGEST_ID = 512
ITEM = "item:"


def term(text: str) -> str:
    """The term of a value: the value itself or, if it is too long for Lucene, its beginning and a digest.

    Different values have different terms. Terms are ordered by code point. Only the order of values with the same first
    ``LONGEST_TERM`` bytes is arbitrary.
    """
    data = text.encode("utf-8", "surrogatepass")
    if len(data) <= LONGEST_TERM:
        return text
    return f"{data[:LONGEST_TERM].decode('utf-8', 'ignore')}\0{hashlib.sha256(data).hexdigest()}"


def number(value: float) -> float:
    """The 64-bit float of a number. −0 becomes 0, because Lucene distinguishes the two and filters do not."""
    return float(value) + 0.0


def document_id(item_id: str) -> str:
    """The id of an item's document: the item_id, or a digest if it has more than ``LONGEST_ID`` bytes."""
    data = (ITEM + item_id).encode("utf-8", "surrogatepass")
    if len(data) <= LONGEST_ID and data.decode("utf-8", "ignore") == ITEM + item_id:
        return ITEM + item_id
    return f"item#{hashlib.sha256(data).hexdigest()}"


def indexed_words(text: str) -> list[str]:
    """The words of a text as they are indexed and searched. A long word is replaced by its digest."""
    return [word if len(word) <= LONGEST_WORD else hashlib.sha256(word.encode()).hexdigest() for word in words_of(text)]


def indexed_words_of_values(values: Iterable[AttributeValue]) -> str:
    """The words of all strings among the values."""
    return " ".join(indexed_words(_text(values)))


def indexed_stems_of_values(values: Iterable[AttributeValue]) -> str:
    """The stems, in every language, of the words that differ from their stem."""
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
