"""Codes drawn onto pictures are read and located; pictures without a code give none."""

import numpy as np
import pytest
import zxingcpp
from PIL import Image, ImageFilter

from sosie.codes.reading import read_codes
from support.textures import draw_print

EAN = "4006381333931"
LINK = "https://id.gs1.org/01/04006381333931"
KINDS = zxingcpp.BarcodeFormat


def drawn(text: str, kind: zxingcpp.BarcodeFormat, scale: int = 3) -> Image.Image:
    code = zxingcpp.create_barcode(text, kind)
    return Image.fromarray(np.array(zxingcpp.write_barcode_to_image(code, scale=scale, add_quiet_zones=True)))


def photo_of(code: Image.Image, degrees: float = 0, blur: float = 0) -> Image.Image:
    """The code, turned counter-clockwise, in the middle of a printed page."""
    page = draw_print(1, 700)
    mask = Image.new("L", code.size, 255).rotate(degrees, expand=True)
    turned = code.convert("RGB").rotate(degrees, Image.Resampling.BICUBIC, expand=True)
    page.paste(turned, tuple((700 - side) // 2 for side in turned.size), mask)
    return page.filter(ImageFilter.GaussianBlur(blur)) if blur else page


@pytest.mark.parametrize("degrees", [0, 20, 35, 45, 60, 90, 180, 225, 300])
def test_an_ean_is_read_in_any_direction(degrees: int) -> None:
    [code] = read_codes(photo_of(drawn(EAN, KINDS.EAN13), degrees))
    assert (code.text, code.format) == (EAN, "EAN-13")


@pytest.mark.parametrize("degrees", [0, 30, 90, 215])
def test_a_qr_code_is_read_in_any_direction_and_out_of_focus(degrees: int) -> None:
    [code] = read_codes(photo_of(drawn(LINK, KINDS.QRCode, 4), degrees, blur=1.5))
    assert (code.text, code.format) == (LINK, "QR Code")


@pytest.mark.parametrize("degrees", [0, 45, 90, 180, 225])
def test_the_outline_of_a_code_is_right(degrees: int) -> None:
    drawing = drawn(EAN, KINDS.EAN13)
    [code] = read_codes(photo_of(drawing, degrees))
    centered = 700 * (np.array(code.polygon) - 0.5)
    angle = np.radians(degrees)
    upright = centered @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    left, right = upright[:, 0].min(), upright[:, 0].max()
    assert 0.75 * drawing.width < right - left < 1.05 * drawing.width
    assert abs(left + right) < 40
    sides = np.roll(centered, -1, axis=0) - centered
    following = np.roll(sides, -1, axis=0)
    assert (sides[:, 0] * following[:, 1] - sides[:, 1] * following[:, 0]).sum() > 0


def test_several_codes_each_once() -> None:
    page = Image.new("RGB", (900, 500), "white")
    page.paste(drawn(EAN, KINDS.EAN13), (30, 30))
    page.paste(drawn("96385074", KINDS.EAN8), (500, 30))
    page.paste(drawn(EAN, KINDS.EAN13), (30, 300))
    assert {code.text for code in read_codes(page)} == {EAN, "96385074"}


def test_an_ean_is_read_beside_a_qr_code_that_says_something_else() -> None:
    page = photo_of(drawn(EAN, KINDS.EAN13), 40)
    page.paste(drawn("https://example.org/win", KINDS.QRCode), (20, 20))
    assert [code.text for code in read_codes(page)] == ["https://example.org/win", EAN]


def test_a_large_photo_is_read() -> None:
    page = photo_of(drawn(EAN, KINDS.EAN13, 4))
    assert [code.text for code in read_codes(page.resize((3000, 3000)))] == [EAN]


@pytest.mark.parametrize("seed", range(6))
def test_nothing_is_read_where_there_is_none(seed: int) -> None:
    assert read_codes(draw_print(seed, 600)) == ()


def test_tiny_pictures_hold_nothing() -> None:
    assert read_codes(Image.new("RGB", (1, 1))) == ()
    assert read_codes(Image.new("RGB", (2000, 1))) == ()
