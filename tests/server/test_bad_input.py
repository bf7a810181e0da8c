"""Every bad input has its status and a problem document, and the server goes on."""

import contextlib
import io
import socket
import struct
import zlib
from collections.abc import Iterator

import httpx
import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from sosie.images.fetch.reasons import FetchError, Reason
from sosie.server.problems import Unauthorized, type_of
from support.served import Served


def bomb() -> bytes:
    """A PNG that declares 60,000 × 60,000 pixels in few bytes."""
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def check_problem(answer: httpx.Response, status: int, says: str = "") -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["title"]
    assert problem["type"]
    assert says in problem["detail"]
    assert problem["instance"] == f"urn:request:{answer.headers['x-request-id']}"


@pytest.fixture(autouse=True)
def _unharmed(api: httpx.Client) -> Iterator[None]:
    yield
    assert api.get("/readyz").status_code == 200


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", 415),
        (b"no picture at all", 415),
        (b"<html>not found</html>", 415),
        (b"GIF89a", 422),
        (bomb(), 413),
    ],
    ids=["empty", "text", "html", "cut off", "bomb"],
)
def test_pictures_that_are_none(api: httpx.Client, data: bytes, status: int) -> None:
    check_problem(api.post("/v1/search", files={"image": ("x.jpg", data)}), status)


def test_a_broken_jpeg(api: httpx.Client, pictures: list[bytes]) -> None:
    check_problem(api.post("/v1/search", files={"image": pictures[0][: len(pictures[0]) // 2]}), 422)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"k": "-1"}, "k"),
        ({"k": "0"}, "k"),
        ({"k": "1000000"}, "1000"),
        ({"k": "many"}, "k"),
        ({"unknown": "x"}, "unknown"),
        ({"where": "color=red"}, "unknown attribute"),
        ({"where": "price<cheap"}, "finite number"),
        ({"where": "brand<5"}, "does not compare with a number"),
        ({"where": "???"}, "cannot read"),
        ({"crop": "1,2,3"}, "x,y,w,h"),
        ({"crop": "0,0,5000,5000"}, "outside"),
        ({"min_probability": "2"}, "min_probability"),
        ({"explain": "perhaps"}, "explain"),
    ],
)
def test_fields_of_a_search(api: httpx.Client, pictures: list[bytes], fields: dict[str, str], says: str) -> None:
    check_problem(api.post("/v1/search", files={"image": pictures[0]}, data=fields), 400, says)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"images": []},
        {"images": [{}]},
        {"images": [{"base64": "%%"}]},
        {"images": [{"url": "ftp://x.example/a.jpg"}]},
        {"images": [{"url": "file:///etc/passwd"}]},
        {"images": [{"base64": "aaaa", "url": "http://x.example/"}]},
        {"images": "x"},
        [],
        7,
    ],
)
def test_json_that_does_not_fit(api: httpx.Client, body: object) -> None:
    check_problem(api.post("/v1/search", json=body), 400)


def test_bodies_that_cannot_be_read(api: httpx.Client) -> None:
    check_problem(api.post("/v1/search", content=b"{", headers={"content-type": "application/json"}), 400)
    check_problem(api.post("/v1/search", content=b"[" * 100_000, headers={"content-type": "application/json"}), 400)
    check_problem(api.post("/v1/search", content=b"x", headers={"content-type": "text/plain"}), 415)
    check_problem(api.post("/v1/search"), 415)
    wrong = {"content-type": "multipart/form-data; boundary=other"}
    check_problem(api.post("/v1/search", content=b"--this\r\n\r\nx\r\n--this--", headers=wrong), 400)
    check_problem(api.post("/v1/search", content=b"x", headers={"content-type": "multipart/form-data"}), 400)
    check_problem(api.post("/v1/search", data={"k": "3"}, files={"other": b"x"}), 400)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/a.jpg", "http://169.254.169.254/latest", "http://[::1]/a", "http://10.0.0.1/"]
)
def test_private_addresses_are_not_fetched(api: httpx.Client, url: str) -> None:
    answer = api.post("/v1/search", json={"images": [{"url": url}]})
    check_problem(answer, 422, "not public")
    assert answer.json()["type"].endswith("ImageNotFetched")


def test_a_problem_names_the_public_kind_of_its_error() -> None:
    assert type_of(FetchError(Reason.DNS, "no such host")) == "urn:sosie:error:ImageNotFetched"
    assert type_of(Unauthorized("no key")) == "urn:sosie:error:Unauthorized"
    assert type_of(ValueError("a fault")) == "urn:sosie:error:SosieError"


def test_what_is_not_there(api: httpx.Client) -> None:
    for path in ("/v1/items/none", "/v1/thumbnails/none", "/v1/items/none/similar", "/v1/nothing", "/etc/passwd"):
        check_problem(api.get(path), 404)
    check_problem(api.get("/assets/../../app.py"), 404)
    check_problem(api.get("/assets/%2e%2e/%2e%2e/app.py"), 404)
    check_problem(api.get("/v1/items/%ff"), 400)
    check_problem(api.patch("/v1/search"), 405)


def test_queries_that_do_not_fit(api: httpx.Client) -> None:
    for path in ("/v1/items?limit=0", "/v1/items?limit=x", "/v1/items?cursor=%21", "/v1/items?color=red",
                 "/v1/attributes?name=none", "/v1/items/i1/similar?k=-1"):  # fmt: skip
        check_problem(api.get(path), 400)


def test_pages_of_other_sites_may_not_write(api: httpx.Client, pictures: list[bytes]) -> None:
    check_problem(api.post("/v1/search", files={"image": pictures[0]}, headers={"Origin": "https://evil.example"}), 403)
    check_problem(api.get("/v1/items", headers={"Host": "evil.example"}), 403)


def test_a_cut_off_upload_leaves_no_harm(server: Served) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    for _ in range(5):
        with socket.create_connection((host, int(port))) as raw:
            raw.sendall(
                b"POST /v1/search HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000\r\n"
                b"Content-Type: multipart/form-data; boundary=b\r\n\r\n"
                b'--b\r\nContent-Disposition: form-data; name="image"'
            )
    assert httpx.get(f"{server.url}/healthz").status_code == 200
    check_problem(httpx.get(f"{server.url}/v1/items/none"), 404)


def test_an_endless_address_is_refused_and_leaves_no_harm(server: Served) -> None:
    """Over 64 KiB the parser may close the connection at once, depending on how the bytes arrive."""
    for _ in range(5):
        with contextlib.suppress(requests.RequestException):
            sent = requests.get(f"{server.url}/v1/items", params={"where": ["0" * 2000] * 50}, timeout=30)
            assert sent.status_code == 400
    assert httpx.get(f"{server.url}/healthz").status_code == 200


def _file(format: str) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((40, 40), 50).save(out, format)
    return out.getvalue()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    base=st.sampled_from([_file("JPEG"), _file("PNG"), _file("GIF"), _file("WEBP"), _file("TIFF"), b""]),
    edits=st.lists(st.tuples(st.integers(0, 2000), st.binary(min_size=1, max_size=6)), max_size=8),
    cut=st.integers(0, 3000),
)
def test_no_bytes_do_harm(api: httpx.Client, base: bytes, edits: list[tuple[int, bytes]], cut: int) -> None:
    data = bytearray(base)
    for place, new in edits:
        data[place : place + len(new)] = new
    answer = api.post("/v1/search", files={"image": bytes(data[: cut or None])})
    if answer.status_code != 200:
        assert answer.status_code in (413, 415, 422)
        check_problem(answer, answer.status_code)
