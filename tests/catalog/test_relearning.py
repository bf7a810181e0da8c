"""After a migration, an adaptation is learned again from the photos that it was learned from."""

from pathlib import Path

import pytest

from sosie.catalog import relearning
from sosie.catalog.resources import OpeningOptions, Resources
from sosie.learning.adapting import AdaptReport
from support.learning import manifest


@pytest.mark.parametrize(("labelled", "expected"), [(True, ("photos", None)), (False, (None, "photos"))])
def test_photos_without_labels_are_learned_from_without_labels(
    labelled: bool, expected: tuple[str | None, str | None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[tuple[object, object]] = []

    def adapt(resources: object, labeled: object, unlabeled: object, *rest: object) -> AdaptReport:
        asked.append((labeled, unlabeled))
        return AdaptReport({"applied": True})

    monkeypatch.setattr(relearning, "adapt_catalog", adapt)
    again = relearning.Relearning(
        Resources(str(tmp_path / "shop.sosie"), OpeningOptions()), manifest(), 1, lambda _: None, lambda _: None
    )
    assert again._adapt({"source": "photos", "labelled": labelled}) == "learned again"
    assert asked == [expected]
