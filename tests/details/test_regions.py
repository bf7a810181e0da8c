import numpy as np
import pytest
from PIL import Image

from sosie.details.base import CATALOG_PICTURE, PHOTO_OF_SEVERAL
from sosie.details.extract import extract
from sosie.details.regions import regions_of
from sosie.details.verify import verify
from support.textures import draw_print


def test_variants_share_a_region_and_other_places_have_their_own() -> None:
    photo = Image.new("RGB", (1000, 500), "gray")
    photo.paste(draw_print(1).resize((200, 200)), (100, 100))
    photo.paste(draw_print(2).resize((200, 200)), (700, 200))
    variant = draw_print(1)
    variant.paste("white", (0, 0, 400, 120))
    query = extract(photo, PHOTO_OF_SEVERAL)
    items = [extract(picture, CATALOG_PICTURE) for picture in (draw_print(1), variant, draw_print(2), draw_print(3))]
    agreements = [verify(query, item) for item in items]
    assert agreements[3] is None
    regions = sorted(regions_of(query, [agreement for agreement in agreements if agreement]))
    assert np.array(regions) == pytest.approx(np.array([(0.05, 0.15, 0.3, 0.5), (0.65, 0.35, 0.3, 0.5)]), abs=0.02)


def test_without_agreement_there_is_no_region() -> None:
    assert regions_of(extract(draw_print(1)), []) == []
