"""Every mode, every turn, alpha, profiles and animation end as the same upright RGB."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

from sosie.images.decode import decode, from_pil
from support.pictures import draw_picture, encode, mean_difference

PICTURE = draw_picture(3)
GRAY = PICTURE.convert("L").convert("RGB")
ORIENTATION = 0x0112
FILES = Path(__file__).parent / "files"


def with_turn(picture: Image.Image, orientation: int, format: str, **options: Any) -> bytes:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return encode(picture, format, exif=exif, **options)


def as_camera_stores(picture: Image.Image, orientation: int) -> Image.Image:
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    return picture.transpose(undo[orientation]) if orientation in undo else picture


@pytest.mark.parametrize("format", ["PNG", "TIFF", "WEBP", "JPEG"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_all_turns_give_one_upright_picture(orientation: int, format: str) -> None:
    options = {"WEBP": {"lossless": True}, "JPEG": {"quality": 95, "subsampling": 0}}.get(format, {})
    upright = decode(with_turn(as_camera_stores(PICTURE, orientation), orientation, format, **options))
    assert upright.size == PICTURE.size
    assert mean_difference(upright, PICTURE) < (3 if format == "JPEG" else 0.01)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_turn_survives_reduced_scale(orientation: int) -> None:
    large = draw_picture(4, (640, 480))
    data = with_turn(as_camera_stores(large, orientation), orientation, "JPEG", quality=95)
    assert decode(data, shorter_side=120).size == (160, 120)
    assert mean_difference(decode(data, shorter_side=120), large.resize((160, 120), Image.Resampling.BOX)) < 4


@pytest.mark.parametrize("nonsense", [0, 9, 77])
def test_unknown_turn_changes_nothing(nonsense: int) -> None:
    assert decode(with_turn(PICTURE, nonsense, "PNG")).tobytes() == PICTURE.tobytes()


def test_turned_picture_is_not_turned_twice() -> None:
    once = decode(with_turn(PICTURE, 6, "JPEG"))
    again = from_pil(once)
    assert not once.info
    assert again.size == once.size
    assert again.tobytes() == once.tobytes()


def lossless(picture: Image.Image, format: str) -> bytes:
    return encode(picture, format, **({"lossless": True} if format == "WEBP" else {}))


@pytest.mark.parametrize(
    ("mode", "format", "expected", "tolerance"),
    [
        ("1", "PNG", PICTURE.convert("1").convert("RGB"), 0),
        ("1", "TIFF", PICTURE.convert("1").convert("RGB"), 0),
        ("L", "PNG", GRAY, 0),
        ("L", "JPEG", GRAY, 3),
        ("P", "PNG", PICTURE.convert("P").convert("RGB"), 0),
        ("P", "GIF", PICTURE.convert("P").convert("RGB"), 0),
        ("RGB", "PNG", PICTURE, 0),
        ("RGB", "BMP", PICTURE, 0),
        ("RGB", "PPM", PICTURE, 0),
        ("RGB", "TGA", PICTURE, 0),
        ("RGB", "JPEG2000", PICTURE, 1),
        ("RGB", "WEBP", PICTURE, 0),
        ("RGB", "QOI", PICTURE, 0),
        ("RGBA", "PNG", PICTURE, 0),
        ("LA", "PNG", GRAY, 0),
        ("CMYK", "TIFF", PICTURE, 1),
        ("CMYK", "JPEG", PICTURE, 5),
        ("YCbCr", "TIFF", PICTURE, 2),
        ("YCbCr", "JPEG", PICTURE, 5),
        ("I;16", "PNG", GRAY, 1),
        ("I;16", "TIFF", GRAY, 1),
        ("I", "TIFF", GRAY, 1),
        ("F", "TIFF", GRAY, 1),
    ],
)
def test_every_mode_on_file(mode: str, format: str, expected: Image.Image, tolerance: float) -> None:
    if format not in Image.SAVE:
        Image.init()
    if format not in Image.SAVE:
        pytest.skip(f"this Pillow writes no {format}")
    decoded = decode(lossless(in_mode(mode), format))
    assert decoded.mode == "RGB"
    assert decoded.size == PICTURE.size
    assert mean_difference(decoded, expected) <= tolerance


def in_mode(mode: str) -> Image.Image:
    if mode == "I;16":
        return Image.fromarray(np.asarray(PICTURE.convert("L"), np.uint16) * np.uint16(257))
    return PICTURE.convert("L").convert(mode) if mode in ("I", "F", "LA") else PICTURE.convert(mode)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "RGBX", "RGBa", "LA", "PA", "HSV", "YCbCr", "I", "F"])
def test_every_mode_from_pillow(mode: str) -> None:
    picture = (
        PICTURE.convert("RGBA").convert(mode) if mode == "RGBa" else in_mode(mode) if mode != "PA" else palette_alpha()
    )
    expected = {
        "1": PICTURE.convert("1").convert("RGB"),
        "P": PICTURE.convert("P").convert("RGB"),
        "PA": PICTURE.convert("P").convert("RGB"),
    }.get(mode, GRAY if mode in ("L", "LA", "I", "F") else PICTURE)
    before = picture.tobytes()
    assert mean_difference(from_pil(picture), expected) < 3
    assert picture.tobytes() == before
    assert from_pil(picture) is not picture


def palette_alpha() -> Image.Image:
    return PICTURE.convert("P").convert("PA")


def test_lab_is_the_color_it_names() -> None:
    to_lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
    lab = ImageCms.applyTransform(PICTURE, to_lab)
    assert lab is not None
    assert mean_difference(from_pil(lab), PICTURE) < 3
    assert mean_difference(decode(encode(lab, "TIFF")), PICTURE) < 3


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([[0, 255]], np.int32), [0, 255]),
        (np.array([[0, 65535]], np.int32), [0, 255]),
        (np.array([[-100, 100]], np.int32), [0, 255]),
        (np.array([[0, 0.5]], np.float32), [0, 128]),
        (np.array([[0, 128.0]], np.float32), [0, 128]),
        (np.array([[np.nan, 1.0]], np.float32), [0, 255]),
        (np.array([[7.0, 7.0]], np.float32), [7, 7]),
        (np.array([[-7.0, -7.0]], np.float32), [0, 0]),
        (np.array([[0, 1e30]], np.float32), [0, 255]),
    ],
)
def test_wide_gray_scales(values: np.ndarray[Any, Any], expected: list[int]) -> None:
    assert np.asarray(from_pil(Image.fromarray(values)))[0, :, 0].tolist() == expected


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_alpha_is_flattened_on_white(mode: str) -> None:
    picture = Image.new("RGBA", (4, 2), (0, 0, 0, 0))
    picture.paste((0, 0, 0, 255), (2, 0, 4, 2))
    flat = np.asarray(from_pil(palette_with_hole() if mode == "PA" else picture.convert(mode)))
    assert flat[:, :2].min() == 255
    assert flat[:, 2:].max() == 0


def palette_with_hole() -> Image.Image:
    palette = Image.new("P", (4, 2), 0).convert("PA")
    palette.putalpha(Image.frombytes("L", (4, 2), bytes([0, 0, 255, 255] * 2)))
    return palette


@pytest.mark.parametrize("transparency", [0, bytes([0, 255])])
def test_transparent_palette_entry_becomes_white(transparency: int | bytes) -> None:
    picture = Image.new("P", (2, 1))
    picture.putpalette([10, 20, 30, 40, 50, 60])
    picture.putpixel((1, 0), 1)
    flat = np.asarray(decode(encode(picture, "PNG", transparency=transparency)))
    assert flat[0].tolist() == [[255, 255, 255], [40, 50, 60]]


def test_transparent_color_key_becomes_white() -> None:
    picture = Image.new("RGB", (2, 1), (1, 2, 3))
    picture.putpixel((1, 0), (4, 5, 6))
    flat = np.asarray(decode(encode(picture, "PNG", transparency=(1, 2, 3))))
    assert flat[0].tolist() == [[255, 255, 255], [4, 5, 6]]


def test_half_transparent_red_is_pink() -> None:
    picture = Image.new("RGBA", (3, 3), (255, 0, 0, 128))
    assert np.asarray(decode(encode(picture, "PNG")))[1, 1].tolist() == [255, 127, 127]


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG", "TIFF"])
def test_first_frame_of_several(format: str) -> None:
    options: dict[str, Any] = {"save_all": True, "append_images": [draw_picture(5), draw_picture(6)]}
    if format == "WEBP":
        options["lossless"] = True
    decoded = decode(encode(PICTURE, format, **options))
    assert mean_difference(decoded, PICTURE) < (12 if format == "GIF" else 0.01)


def swapped_profile() -> bytes:
    """Adobe-like: a wide gamut given by its own matrix; built by hand from sRGB with red and blue exchanged."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = int.from_bytes(profile[128:132], "big")
    tags = {bytes(profile[p : p + 4]): p for p in range(132, 132 + 12 * count, 12)}
    red, blue = tags[b"rXYZ"], tags[b"bXYZ"]
    profile[red : red + 4], profile[blue : blue + 4] = b"bXYZ", b"rXYZ"
    return bytes(profile)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "TIFF", "WEBP"])
def test_profile_is_brought_to_srgb(format: str) -> None:
    red, green, blue = PICTURE.split()
    options = {"JPEG": {"quality": 95, "subsampling": 0}, "WEBP": {"lossless": True}}.get(format, {})
    data = encode(Image.merge("RGB", (blue, green, red)), format, icc_profile=swapped_profile(), **options)
    assert mean_difference(decode(data), PICTURE) < 4


def test_profile_of_a_picture_with_alpha() -> None:
    red, green, blue = PICTURE.split()
    rgba = Image.merge("RGBA", (blue, green, red, Image.new("L", PICTURE.size, 255)))
    assert mean_difference(decode(encode(rgba, "PNG", icc_profile=swapped_profile())), PICTURE) < 2


def test_srgb_profile_changes_nothing() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert decode(encode(PICTURE, "PNG", icc_profile=profile)).tobytes() == PICTURE.tobytes()


@pytest.mark.parametrize("broken", [b"x", b"\0" * 200, swapped_profile()[:150], b"acsp" * 100])
def test_broken_profile_is_ignored(broken: bytes) -> None:
    assert decode(encode(PICTURE, "PNG", icc_profile=broken)).tobytes() == PICTURE.tobytes()


def test_profile_of_another_color_space_is_ignored() -> None:
    data = encode(PICTURE.convert("CMYK"), "TIFF", icc_profile=swapped_profile())
    assert mean_difference(decode(data), PICTURE) < 1


def test_avif() -> None:
    Image.init()
    if "AVIF" not in Image.SAVE:
        pytest.skip("this Pillow writes no AVIF")
    data = with_turn(as_camera_stores(PICTURE, 6), 6, "AVIF", quality=95)
    assert mean_difference(decode(data), PICTURE) < 6


@pytest.mark.parametrize(
    ("longer", "shorter", "wanted"), [(640, 480, 60), (640, 480, 61), (481, 333, 83), (100, 90, 200)]
)
def test_reduced_scale_keeps_the_requested_side(longer: int, shorter: int, wanted: int) -> None:
    data = encode(draw_picture(1, (longer, shorter)), "JPEG")
    assert min(decode(data, shorter_side=wanted).size) >= min(wanted, shorter)


def test_reduced_scale_agrees_with_full_decoding() -> None:
    data = encode(draw_picture(2, (1024, 768)), "JPEG", quality=90)
    reduced = decode(data, shorter_side=190)
    assert reduced.size == (256, 192)
    assert mean_difference(reduced, decode(data).resize((256, 192), Image.Resampling.BOX)) < 1.5


def test_pillow_agrees_on_an_ordinary_jpeg() -> None:
    data = with_turn(PICTURE, 8, "JPEG")
    with Image.open(io.BytesIO(data)) as opened:
        assert decode(data).tobytes() == ImageOps.exif_transpose(opened).tobytes()


@pytest.mark.parametrize("name", ["drawn", "drawn_turned"])
def test_heic_is_upright(name: str) -> None:
    decoded = decode((FILES / f"{name}.heic").read_bytes())
    assert decoded.size == PICTURE.size
    assert mean_difference(decoded, PICTURE) < 5


def test_heic_alpha_is_flattened_on_white() -> None:
    flat = np.asarray(decode((FILES / "drawn_alpha.heic").read_bytes()))
    assert flat[:, :40].min() > 240
    assert mean_difference(flat[:, 56:], np.asarray(PICTURE)[:, 56:]) < 5


def test_heic_readers_are_not_forced_on_other_users_of_pillow() -> None:
    decode((FILES / "drawn.heic").read_bytes())
    assert "HEIF" not in Image.OPEN
