"""A barcode in a photo is the surest evidence: its product comes first, and says why."""

import cv2
import numpy as np
import pytest
from PIL import Image

from sosie.catalog import Catalog
from sosie.types import CodeEvidence
from support.pictures import draw_picture, encode

EAN = "4006381333931"


def with_qr(picture: Image.Image, text: str) -> Image.Image:
    """The picture with a QR code stuck on it."""
    code = cv2.QRCodeEncoder.create().encode(text)
    label = Image.fromarray(code).convert("RGB").resize((240, 240), Image.Resampling.NEAREST)
    photo = picture.resize((900, 900))
    photo.paste(Image.new("RGB", (300, 300), "white"), (300, 300))
    photo.paste(label, (330, 330))
    return photo


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    folder = tmp_path_factory.mktemp("coded")
    rows = ["item_id,product_id,image,ean,kind"]
    for seed in range(6):
        (folder / f"{seed}.jpg").write_bytes(encode(draw_picture(seed, (300, 200))))
        ean = EAN if seed == 4 else "0000000000000" if seed > 4 else f"{seed}"
        rows.append(f"i{seed},p{seed},{seed}.jpg,{ean},{'even' if seed % 2 == 0 else 'odd'}")
    (folder / "table.csv").write_text("\n".join(rows), encoding="utf-8")
    catalog = Catalog(str(folder / "shop.sosie"))
    catalog.index(folder / "table.csv", codes_in="ean")
    return catalog


def test_the_product_with_the_code_comes_first_and_says_so(shop: Catalog) -> None:
    photo = with_qr(draw_picture(1, (300, 300)), EAN)
    result = shop.search(photo, 3)
    first = result.matches[0]
    assert first.product_id == "p4"
    assert (first.evidence.code, first.evidence.format) == (EAN, "QR Code")
    assert np.array(first.evidence.code_polygon).mean(axis=0) == pytest.approx([0.5, 0.5], abs=0.02)
    assert result.verdict == "match"
    assert first.same_product == pytest.approx(0.99)
    assert sum(match.same_product or 0 for match in result.matches) <= 1 + 1e-9
    assert all(not isinstance(match.evidence, CodeEvidence) for match in result.matches[1:])


def test_a_where_applies_to_codes_and_unknown_codes_are_ignored(shop: Catalog) -> None:
    photo = with_qr(draw_picture(1, (300, 300)), EAN)
    assert all(
        not isinstance(match.evidence, CodeEvidence) for match in shop.search(photo, 3, where="kind=odd").matches
    )
    other = shop.search(with_qr(draw_picture(1, (300, 300)), "5901234123457"), 3)
    assert all(not isinstance(match.evidence, CodeEvidence) for match in other.matches)
    assert other.matches[0].product_id == "p1"  # whose picture it is
