"""Full-text search: candidates from the word index, and corrections of typing errors from its vocabulary."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from itertools import takewhile

from sosie.filters import Where
from sosie.stores.fulltext.asked import SAME_STEM, SearchWord, TextQuery, to_query
from sosie.stores.fulltext.languages import choose_language
from sosie.stores.fulltext.ranking import Distinct, Ranker, best_hits, frequencies_of
from sosie.stores.local.truth.conditions import Sql, find_expression
from sosie.stores.local.truth.reading import count, load_records
from sosie.types import Hit, Record

MOST_MEANINGS = 200
"""A typed word is matched with at most this many words of the vocabulary, besides words that begin with it."""
_VOCABULARY = "CREATE VIRTUAL TABLE IF NOT EXISTS temp.vocabulary USING fts5vocab('main', 'words', 'row')"
_LAST = "\U0010ffff"


def search_text(
    connection: sqlite3.Connection, words: str, k: int, where: Where | None, distinct: Distinct, minus: str
) -> list[Hit]:
    """See ``Store.search_text``."""
    connection.execute(_VOCABULARY)
    items = count(connection, None)
    language = choose_language(lambda words_of_language: _items_with(connection, words_of_language), items)
    query = to_query(words, minus, language, lambda word: bool(_meanings(connection, word, SAME_STEM)))
    if not query.words:
        return []
    meanings = {word.text: _meanings(connection, word) for word in (*query.words, *query.minus)}
    counts = {other_word: number for frequencies in meanings.values() for other_word, number in frequencies.items()}
    ranker = Ranker(query, items, frequencies_of(query, counts))
    statement = _statement(query, meanings, where)
    return best_hits(lambda depth: _candidates(connection, statement, depth), ranker, k, distinct)


def _items_with(connection: sqlite3.Connection, words: Sequence[str]) -> int:
    marks = ",".join("?" * len(words))
    query = f"SELECT ifnull(sum(doc), 0) FROM temp.vocabulary WHERE term IN ({marks})"  # noqa: S608
    [number] = connection.execute(query, words).fetchone()
    return int(number)


def _meanings(connection: sqlite3.Connection, word: SearchWord, least: float = 0.0) -> dict[str, int]:
    """The words of the vocabulary that a typed word may stand for, with the number of items of each."""
    begin = word.text[0] if word.edits else _common_beginning(word)
    rows = connection.execute(
        "SELECT term, doc FROM temp.vocabulary WHERE term >= ? AND term < ?", (begin, begin + _LAST)
    )
    return {term: doc for term, doc in rows if (quality := word.quality(term)) > 0 and quality >= least}


def _common_beginning(word: SearchWord) -> str:
    """The common beginning of all forms of a word. An ending may change the last letter of the stem."""
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(word.text, word.stem, strict=False)))
    return word.text[: max(2, same - 1)]


def _statement(query: TextQuery, meanings: dict[str, dict[str, int]], where: Where | None) -> Sql:
    """A query for the rows in which enough of the words match, ranked by BM25."""
    matching = " UNION ALL ".join(["SELECT rowid AS number, rank FROM words WHERE words MATCH ?"] * len(query.words))
    condition = find_expression(where)
    values: list[str | int | float | bytes] = [_expression(word, meanings[word.text]) for word in query.words]
    without = ""
    if query.minus:
        without = "AND item.row NOT IN (SELECT rowid FROM words WHERE words MATCH ?)"
    text = f"""SELECT item.row FROM ({matching}) AS matching JOIN item ON item.row = matching.number
        WHERE {condition.text} {without} GROUP BY item.row HAVING count(*) >= {query.required}
        ORDER BY sum(matching.rank), item.item_id LIMIT ?"""  # noqa: S608
    minus = [" OR ".join(_expression(word, meanings[word.text], whole=True) for word in query.minus)]
    return Sql(text, [*values, *condition.values, *(minus if query.minus else [])])


def _expression(word: SearchWord, meanings: dict[str, int], whole: bool = False) -> str:
    """The full-text expression for a word and its meanings. With ``whole``, longer words do not match."""
    kept = sorted(meanings, key=lambda other: (-word.quality(other), -meanings[other], other))
    terms = [f'"{other}"' for other in kept if not whole or word.quality(other) >= SAME_STEM][:MOST_MEANINGS]
    own = f'"{word.text}" *' if word.is_prefix and not whole else f'"{word.text}"'
    return " OR ".join([own, *terms])


def _candidates(connection: sqlite3.Connection, statement: Sql, depth: int) -> list[Record]:
    rows = [row for (row,) in connection.execute(statement.text, (*statement.values, depth))]
    records = load_records(connection, rows)
    return [records[row] for row in rows if row in records]
