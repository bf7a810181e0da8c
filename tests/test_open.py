"""``sosie.open`` takes a catalog's location as text or as a path."""

from pathlib import Path

import sosie
from support.pictures import draw_picture, encode


def test_a_path_is_as_good_as_text(tmp_path: Path) -> None:
    pictures = tmp_path / "pictures of Zoë"
    pictures.mkdir()
    (pictures / "one.jpg").write_bytes(encode(draw_picture(1)))
    with sosie.open(tmp_path / "shop.sosie") as catalog:
        assert catalog.index(pictures, details=False).added == 1
    with sosie.open(str(tmp_path / "shop.sosie")) as catalog:
        [match] = catalog.search(pictures / "one.jpg").matches
    assert match.item_id == "one.jpg"
