"""Search by words: candidates from the full-text index, whose vocabulary says what a mistyped word may mean."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from itertools import takewhile

from sosie.filters import Where
from sosie.stores.fulltext.asked import SAME_STEM, AskedWord, TextQuery, to_query
from sosie.stores.fulltext.languages import choose_language
from sosie.stores.fulltext.ranking import Distinct, Ranker, best_hits, frequencies_of
from sosie.stores.local.truth.conditions import Sql, find_expression
from sosie.stores.local.truth.reading import count, load_records
from sosie.types import Hit, Record

MOST_MEANINGS = 200
"""How many words of the vocabulary a typed word may stand for, beside those that begin with it."""
_VOCABULARY = "CREATE VIRTUAL TABLE IF NOT EXISTS temp.vocabulary USING fts5vocab('main', 'words', 'row')"
_LAST = "\U0010ffff"


def search_text(
    connection: sqlite3.Connection, words: str, k: int, where: Where | None, distinct: Distinct, minus: str
) -> list[Hit]:
    """See ``Store.search_text``."""
    connection.execute(_VOCABULARY)
    items = count(connection, None)
    language = choose_language(lambda some: _items_with(connection, some), items)
    query = to_query(words, minus, language, lambda asked: bool(_meanings(connection, asked, SAME_STEM)))
    if not query.words:
        return []
    meanings = {word.text: _meanings(connection, word) for word in (*query.words, *query.minus)}
    held = {other: number for found in meanings.values() for other, number in found.items()}
    ranker = Ranker(query, items, frequencies_of(query, held))
    statement = _statement(query, meanings, where)
    return best_hits(lambda depth: _candidates(connection, statement, depth), ranker, k, distinct)


def _items_with(connection: sqlite3.Connection, words: Sequence[str]) -> int:
    marks = ",".join("?" * len(words))
    query = f"SELECT ifnull(sum(doc), 0) FROM temp.vocabulary WHERE term IN ({marks})"  # noqa: S608
    [number] = connection.execute(query, words).fetchone()
    return int(number)


def _meanings(connection: sqlite3.Connection, asked: AskedWord, least: float = 0.0) -> dict[str, int]:
    """The words of the vocabulary that a typed word stands for, with how many items have each."""
    begin = asked.text[0] if asked.edits else _common_beginning(asked)
    rows = connection.execute(
        "SELECT term, doc FROM temp.vocabulary WHERE term >= ? AND term < ?", (begin, begin + _LAST)
    )
    return {term: doc for term, doc in rows if (quality := asked.quality(term)) > 0 and quality >= least}


def _common_beginning(asked: AskedWord) -> str:
    """What every form of the word begins with: an ending may change the last letter of the stem."""
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(asked.text, asked.stem, strict=False)))
    return asked.text[: max(2, same - 1)]


def _statement(query: TextQuery, meanings: dict[str, dict[str, int]], where: Where | None) -> Sql:
    """Rows in which enough of the words match, by BM25."""
    found = " UNION ALL ".join(["SELECT rowid AS number, rank FROM words WHERE words MATCH ?"] * len(query.words))
    condition = find_expression(where)
    values: list[str | int | float | bytes] = [_expression(word, meanings[word.text]) for word in query.words]
    without = ""
    if query.minus:
        without = "AND item.row NOT IN (SELECT rowid FROM words WHERE words MATCH ?)"
    text = f"""SELECT item.row FROM ({found}) AS found JOIN item ON item.row = found.number
        WHERE {condition.text} {without} GROUP BY item.row HAVING count(*) >= {query.required}
        ORDER BY sum(found.rank), item.item_id LIMIT ?"""  # noqa: S608
    minus = [" OR ".join(_expression(word, meanings[word.text], whole=True) for word in query.minus)]
    return Sql(text, [*values, *condition.values, *(minus if query.minus else [])])


def _expression(word: AskedWord, meanings: dict[str, int], whole: bool = False) -> str:
    """The full-text expression for a word and what it stands for; ``whole`` leaves longer words out."""
    kept = sorted(meanings, key=lambda other: (-word.quality(other), -meanings[other], other))
    terms = [f'"{other}"' for other in kept if not whole or word.quality(other) >= SAME_STEM][:MOST_MEANINGS]
    own = f'"{word.text}" *' if word.is_prefix and not whole else f'"{word.text}"'
    return " OR ".join([own, *terms])


def _candidates(connection: sqlite3.Connection, statement: Sql, depth: int) -> list[Record]:
    rows = [row for (row,) in connection.execute(statement.text, (*statement.values, depth))]
    found = load_records(connection, rows)
    return [found[row] for row in rows if row in found]
