from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest
from PIL import Image

from sosie.details import extract as extraction
from sosie.details.base import Details, ExtractionSettings, no_details
from sosie.errors import UsageError
from sosie.searching.query import Shot, mean_vector


def test_the_details_of_several_photos_are_extracted_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    both = Barrier(2)

    def extract_together(picture: Image.Image, _: ExtractionSettings) -> Details:
        both.wait(timeout=60)
        return no_details(picture.size)

    monkeypatch.setattr(extraction, "extract", extract_together)
    shots = [Shot.of(Image.new("RGB", (20, 10))) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        details = list(pool.map(lambda shot: shot.details, shots))
    assert details == [shot.details for shot in shots]
    assert details[0] is not details[1]


def test_several_views_are_one_query_of_unit_length() -> None:
    views = np.array([[1, 0, 0], [0, 1, 0]], np.float32)
    item = mean_vector(views)
    assert item.shape == (1, 3)
    assert item[0] == pytest.approx([0.5**0.5, 0.5**0.5, 0])


def test_views_that_cancel_out_are_refused() -> None:
    with pytest.raises(UsageError, match="one by one"):
        mean_vector(np.array([[1, 0], [-1, 0]], np.float32))
