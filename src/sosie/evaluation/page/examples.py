"""Which queries a person should look at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sosie.evaluation.records import Answered

MOST = 12


def wrong_answers(judged: Sequence[Answered], most: int = MOST) -> list[Answered]:
    """Queries whose first answer is wrong, the surest first, every product once before any comes again."""
    return _varied((one for one in judged if one.first and not one.first[0].right), most)


def right_answers(judged: Sequence[Answered], most: int = MOST) -> list[Answered]:
    """Queries whose first answer is right, the surest first, every product once before any comes again."""
    return _varied((one for one in judged if one.first and one.first[0].right), most)


def _varied(answered: Iterable[Answered], most: int) -> list[Answered]:
    times: dict[str, int] = {}
    turns = []
    for one in sorted(answered, key=lambda one: (-(one.first[0].score or 0.0), one.query)):
        turn = times[one.product_id] = times.get(one.product_id, 0) + 1
        turns.append((turn, one))
    return [one for _, one in sorted(turns, key=lambda pair: pair[0])[:most]]
