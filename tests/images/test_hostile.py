"""Broken, truncated, oversized and foreign bytes: always an ``ImageError`` that says why, never anything else."""

import io
import struct
import subprocess
import sys
import threading
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from sosie.errors import CorruptImage, ImageError, ImageTooLarge, UnsupportedImage
from sosie.images.decode import Limits, decode, from_pil
from support.pictures import draw_picture, encode

FORMATS = ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "PPM", "ICO", "TGA", "JPEG2000"]
SMALL = {format: encode(draw_picture(1, (48, 40)), format) for format in FORMATS}
SMALL |= {file.name: file.read_bytes() for file in (Path(__file__).parent / "files").glob("*.heic")}
SMALL["PROGRESSIVE"] = encode(draw_picture(1, (48, 40)), "JPEG", progressive=True)
SMALL["EXIF"] = encode(
    draw_picture(1, (48, 40)), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0"
)
SMALL["PALETTE"] = encode(draw_picture(1, (48, 40)).convert("P"), "PNG", transparency=3)


def decode_or_refuse(data: bytes) -> Image.Image | None:
    """The picture, checked to be what ``decode`` promises, or None where it was refused."""
    try:
        picture = decode(data, Limits(max_pixels=1_000_000))
    except ImageError:
        return None
    assert picture.mode == "RGB"
    assert 0 < picture.width * picture.height <= 1_000_000
    return picture


@given(st.sampled_from(sorted(SMALL)), st.integers(0, 10**6), st.integers(0, 255), st.integers(0, 7))
@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_changed_bytes_never_crash(name: str, place: int, value: int, more: int) -> None:
    data = bytearray(SMALL[name])
    for step in range(more + 1):
        data[(place + step * 7919) % len(data)] = (value + step * 31) % 256
    decode_or_refuse(bytes(data))


@given(st.sampled_from(sorted(SMALL)), st.integers(0, 10**6))
@settings(max_examples=300, deadline=None)
def test_a_cut_off_file_is_refused_or_whole(name: str, place: int) -> None:
    data = SMALL[name]
    whole = decode(data)
    cut = decode_or_refuse(data[: place % len(data)])
    assert cut is None or cut.tobytes() == whole.tobytes()


def test_jpeg_2000_cut_off_after_its_header_is_refused() -> None:
    data = SMALL["JPEG2000"]
    for end in range(data.index(b"\xff\x4f\xff\x51"), len(data) - 1):
        with pytest.raises(CorruptImage):
            decode(data[:end])


@pytest.mark.parametrize("name", ["JPEG", "PROGRESSIVE"])
@pytest.mark.parametrize("tail", [b"", b"\0" * 30, b"\r\n", b"\xff"])
@pytest.mark.parametrize("shorter_side", [None, 8])
def test_a_jpeg_without_its_end_mark_is_whole(name: str, tail: bytes, shorter_side: int | None) -> None:
    data = SMALL[name]
    assert data.endswith(b"\xff\xd9")
    whole = decode(data, shorter_side=shorter_side)
    assert decode(data[:-2] + tail, shorter_side=shorter_side).tobytes() == whole.tobytes()


@pytest.mark.parametrize("how", [{}, {"progressive": True}, {"restart_marker_rows": 1}, {"subsampling": 0}])
def test_a_jpeg_whose_last_pixels_are_missing_is_refused(how: dict[str, object]) -> None:
    file = io.BytesIO()
    draw_picture(5, (160, 120)).save(file, "JPEG", quality=90, **how)  # type: ignore[arg-type]
    data = file.getvalue()
    whole = decode(data).tobytes()
    for end in (*range(4, 40), *range(40, len(data) - 700, 97)):
        cut = decode_or_refuse(data[:-end])
        assert cut is None or (end < 5 and cut.tobytes() == whole)


@given(st.sampled_from([b"", *(data[:16] for data in SMALL.values())]), st.binary(max_size=400))
@settings(max_examples=500, deadline=None)
def test_random_bytes_never_crash(start: bytes, rest: bytes) -> None:
    decode_or_refuse(start + rest)


@pytest.mark.parametrize("name", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "PPM", "PROGRESSIVE"])
def test_half_a_file_is_corrupt(name: str) -> None:
    with pytest.raises(CorruptImage, match="broken or truncated"):
        decode(SMALL[name][: len(SMALL[name]) // 2])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "0 bytes"),
        (b"<!DOCTYPE html><html><body>404", "an HTML page"),
        (b"\n  <html lang='en'>", "an HTML page"),
        ("\ufeff<html>".encode("utf-8"), "an HTML page"),
        ("<html>".encode("utf-16"), "an HTML page"),
        (b'<?xml version="1.0"?><!DOCTYPE html PUBLIC "x"><html>', "an HTML page"),
        (b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code></Error>', "an XML document"),
        (b"<Error><Code>AccessDenied</Code></Error>", "an XML document"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG drawing"),
        (b'<?xml version="1.0"?>\n<!-- made by hand -->\n<svg width="1"/>', "an SVG drawing"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "a PostScript drawing"),
        (b"PK\x03\x04rest", "a ZIP archive"),
        (b"\x1f\x8b\x08\0", "a gzip archive"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0", "a video"),
        (b'{"error": "not found"}', "JSON"),
        (b"\0" * 500, "nothing but zero bytes"),
        (b"Access denied\n", 'text that begins "Access denied"'),
        (b"\x93\x01\xfe\x80" * 30, "data of an unknown kind"),
        (b"\xff\x0a" + b"\x7f" * 40, "a JPEG XL picture is not supported: save it as JPEG, PNG or WebP"),
        (b"\0\0\0\x0cJXL \r\n\x87\n" + b"\x7f" * 40, "JPEG XL picture is not supported"),
    ],
)
def test_what_is_no_picture_is_named(data: bytes, words: str) -> None:
    with pytest.raises((UnsupportedImage, CorruptImage), match=words):
        decode(data)


@pytest.mark.parametrize("format", ["EPS", "SPIDER"])
def test_formats_that_run_programs_or_hide_their_size_are_refused(format: str) -> None:
    Image.init()
    with pytest.raises(UnsupportedImage):
        decode(encode(draw_picture(1), format))


def png_that_declares(width: int, height: int) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


def gif_that_declares(screen: tuple[int, int], frame: tuple[int, int]) -> bytes:
    comment = b"!\xfe\x03abc\0"
    return (
        b"GIF89a" + struct.pack("<HHBBB", *screen, 0x80, 0, 0) + bytes(6) + comment
        + b"," + struct.pack("<HHHHB", 0, 0, *frame, 0) + b"\x02\x02\x4c\x01\0;"
    )  # fmt: skip


def webp_that_declares(width: int, height: int) -> bytes:
    body = bytearray(
        encode(draw_picture(1, (48, 40)), "WEBP", save_all=True, append_images=[draw_picture(2, (48, 40))])
    )
    place = body.index(b"VP8X") + 12
    body[place : place + 3] = (width - 1).to_bytes(3, "little")
    body[place + 3 : place + 6] = (height - 1).to_bytes(3, "little")
    return bytes(body)


def bmp_that_declares(width: int, height: int) -> bytes:
    body = bytearray(SMALL["BMP"])
    body[18:26] = struct.pack("<ii", width, height)
    return bytes(body)


def tiff_that_declares(width: int, height: int) -> bytes:
    entries = [(256, width), (257, height), (258, 8), (259, 1), (262, 1), (273, 200), (277, 1), (278, height), (279, 9)]
    rows = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + rows + bytes(200)


def ico_that_hides(inner: bytes) -> bytes:
    return struct.pack("<HHH", 0, 1, 1) + struct.pack("<BBBBHHII", 16, 16, 0, 0, 1, 32, len(inner), 22) + inner


def icns_that_hides(inner: bytes) -> bytes:
    return b"icns" + struct.pack(">I", 16 + len(inner)) + b"ic07" + struct.pack(">I", 8 + len(inner)) + inner


BOMBS = {
    "png": png_that_declares(50_000, 50_000),
    "gif": gif_that_declares((60_000, 60_000), (60_000, 60_000)),
    "gif frame outside its screen": gif_that_declares((1, 1), (11_000, 11_000)),
    "webp": webp_that_declares(12_000, 12_000),
    "bmp": bmp_that_declares(30_000, 30_000),
    "tiff": tiff_that_declares(30_000, 30_000),
    "ppm": b"P6 40000 40000 255\n" + bytes(100),
    "ico": ico_that_hides(png_that_declares(11_000, 11_000)),
    "icns": icns_that_hides(png_that_declares(11_000, 11_000)),
}


@pytest.mark.parametrize("name", sorted(BOMBS))
def test_a_bomb_is_refused_before_it_is_decoded(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image.core, "fill", lambda *_: pytest.fail("pixels were allocated"))
    monkeypatch.setattr(Image.core, "new", lambda *_: pytest.fail("pixels were allocated"))
    with pytest.raises(ImageTooLarge, match="limit is 100,000,000"):
        decode(BOMBS[name])


@pytest.mark.parametrize("format", ["TIFF", "PNG"])
def test_between_the_limit_of_pillow_and_ours_nothing_warns(format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1500)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        assert decode(SMALL[format]).size == (48, 40)
    assert not warned
    assert Image.MAX_IMAGE_PIXELS == 1500


def test_gif_frame_outside_its_screen_does_not_warn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1500)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        with pytest.raises(CorruptImage):
            decode(gif_that_declares((1, 1), (48, 40)))
    assert not warned


def test_limits_are_the_callers() -> None:
    with pytest.raises(ImageTooLarge, match="48 × 40 pixels and the limit is 1,919"):
        decode(SMALL["PNG"], Limits(max_pixels=1919))
    assert decode(SMALL["PNG"], Limits(max_pixels=1920)).size == (48, 40)
    with pytest.raises(ImageTooLarge, match="bytes and the limit is 10"):
        decode(SMALL["PNG"], Limits(max_bytes=10))
    with pytest.raises(ImageTooLarge):
        from_pil(draw_picture(1), Limits(max_pixels=10))


def test_lack_of_memory_is_a_picture_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_memory(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Image.Image, "getexif", no_memory)
    monkeypatch.setattr("sosie.images.decode.upright_rgb", no_memory)
    with pytest.raises(ImageTooLarge, match="not enough memory"):
        decode(SMALL["PNG"])


@pytest.mark.parametrize("size", [(0, 0), (0, 5), (5, 0)])
def test_a_picture_without_pixels_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(UnsupportedImage, match="is empty"):
        from_pil(Image.new("RGB", size))
    with pytest.raises(ImageError):
        decode(png_that_declares(*size))


def test_many_threads_decode_as_one_does() -> None:
    names = sorted(SMALL) * 20
    alone = {name: decode(SMALL[name]).tobytes() for name in SMALL}
    start = threading.Barrier(8)

    def work(names: list[str]) -> list[bytes]:
        start.wait(30)
        return [decode(SMALL[name]).tobytes() for name in names]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(work, [names[i::8] for i in range(8)]))
    for i in range(8):
        assert answers[i] == [alone[name] for name in names[i::8]]


def test_an_item_of_a_heic_without_a_proper_name_does_not_end_the_process() -> None:
    data = SMALL["drawn_turned.heic"]
    place = data.index(b"Exif")
    with pytest.raises(CorruptImage, match="HEIC picture is broken"):
        decode(data[: place + 1] + b"\xff" + data[place + 2 :])


def test_a_broken_heic_is_refused_even_if_pillow_has_the_reader_registered() -> None:
    code = """if True:
        import pi_heif, sys
        from sosie.errors import CorruptImage
        from sosie.images.decode import decode
        pi_heif.register_heif_opener()
        try:
            decode(sys.stdin.buffer.read())
        except CorruptImage as error:
            print(error)
    """
    data = SMALL["drawn_turned.heic"]
    place = data.index(b"Exif")
    sent = data[: place + 1] + b"\xff" + data[place + 2 :]
    done = subprocess.run([sys.executable, "-c", code], input=sent, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert b"HEIC picture is broken" in done.stdout


def test_a_sloppy_tag_costs_no_picture_where_warnings_are_errors() -> None:
    assert decode(SMALL["EXIF"]).size == (40, 48)
