"""Pictures that the server draws for pages."""

import base64
import io

import httpx
from PIL import Image


def picture(size: tuple[int, int], form: str, **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, form, **options)
    return out.getvalue()


def test_what_a_browser_cannot_show_comes_upright_and_small_as_jpeg(api: httpx.Client) -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    answer = api.post("/v1/preview", files={"image": picture((3000, 600), "TIFF", exif=turned)})
    assert answer.headers["content-type"] == "image/jpeg"
    with Image.open(io.BytesIO(answer.content)) as drawn:
        assert (drawn.format, drawn.size) == ("JPEG", (205, 1024))
        assert not drawn.getexif()


def test_a_preview_can_be_requested_as_json(api: httpx.Client) -> None:
    text = base64.b64encode(picture((40, 30), "PNG")).decode()
    answer = api.post("/v1/preview", json={"image": {"base64": text}})
    with Image.open(io.BytesIO(answer.content)) as drawn:
        assert drawn.size == (40, 30)


def test_what_is_no_picture_is_refused_as_in_a_search(api: httpx.Client) -> None:
    assert api.post("/v1/preview", files={"image": b"<html>"}).status_code == 415
    assert api.post("/v1/preview", json={"image": {"url": "http://127.0.0.1/private.jpg"}}).status_code == 422
    assert api.post("/v1/preview", files={"image": picture((9, 9), "PNG")}, data={"k": 3}).status_code == 400
