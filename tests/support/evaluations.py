"""Evaluations made up from places."""

from collections.abc import Sequence

from sosie.evaluation.records import Answered, Evaluation, EvaluationSetting, Shown
from sosie.types import Rejection

DEPTH = 10


def evaluation_of(
    places: Sequence[int | None], probabilities: Sequence[float | None] | None = None, absent: int = 0
) -> Evaluation:
    """One query for each place of its right answer, every one of a product of its own; ``absent`` more without any."""
    report = [*(probabilities or [None] * len(places)), *[None] * absent]
    answered = [
        _answered(number, place, number < len(places), probability)
        for number, (place, probability) in enumerate(zip([*places, *[None] * absent], report, strict=True))
    ]
    setting = EvaluationSetting("s.sosie", "grid", "0" * 16, "embedding@1", None, "product_id", False, DEPTH, 100, 90)
    return Evaluation(setting, tuple(answered), (Rejection("bad", "decode", "no picture"),), 1.5, ("kind",))


def _answered(number: int, place: int | None, known: bool, probability: float | None) -> Answered:
    first = tuple(
        Shown(
            f"i{number}-{n}", f"p{number if n == place else 500 + n}", "A <b>thing</b>", f"label {n}", 1 / n, n == place
        )
        for n in range(1, 6)
    )
    return Answered(
        query=f"q{number}",
        product_id=f"p{number}",
        label=f"p{number}",
        image=f"{number}.jpg",
        groups={"kind": "ab"[number % 2]},
        right=() if place is None else (place,),
        relevant=int(known),
        first=first,
        probability=probability,
        seconds=0.01,
    )
