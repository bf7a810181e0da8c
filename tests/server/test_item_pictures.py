"""The large picture of an item."""

from pathlib import Path

import pytest

import sosie
from sosie.images.decode import decode
from support.pictures import draw_picture, encode
from support.served import served

Store = tuple[Path, Path]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store with one item whose picture has 900 × 600 pixels, and that picture."""
    picture = tmp_path / "large.jpg"
    picture.write_bytes(encode(draw_picture(3, (900, 600))))
    with sosie.open(str(tmp_path / "s.sosie")) as catalog:
        catalog.create()
        catalog.upsert([sosie.Item("a/1", "p", str(picture))])
    return tmp_path / "s.sosie", picture


def test_it_is_larger_than_the_thumbnail_and_cached_by_its_content(store: Store) -> None:
    with served(store[0]) as running, running.client() as client:
        answer = client.get("/v1/picture", params={"item_id": "a/1"})
        assert decode(answer.content).size == (900, 600)
        again = client.get("/v1/picture", params={"item_id": "a/1"}, headers={"If-None-Match": answer.headers["etag"]})
        assert again.status_code == 304


def test_no_other_file_is_shown_than_the_one_that_was_indexed(store: Store) -> None:
    store[1].write_bytes(encode(draw_picture(4, (900, 600))))
    with served(store[0]) as running, running.client() as client:
        assert client.get("/v1/picture", params={"item_id": "a/1"}).status_code == 404
        store[1].unlink()
        assert client.get("/v1/picture", params={"item_id": "a/1"}).status_code == 404
        assert client.get("/v1/picture", params={"item_id": "none"}).status_code == 404


def test_a_thumbnail_that_is_not_kept_is_made_of_the_picture(tmp_path: Path) -> None:
    picture = tmp_path / "pictures" / "a.jpg"
    picture.parent.mkdir()
    picture.write_bytes(encode(draw_picture(3, (900, 600))))
    with sosie.open(str(tmp_path / "s.sosie")) as catalog:
        catalog.index(picture.parent, thumbnails=0)
    with served(tmp_path / "s.sosie") as running, running.client() as client:
        assert decode(client.get("/v1/thumbnails/a.jpg").content).size == (256, 171)
        picture.unlink()
        assert client.get("/v1/thumbnails/a.jpg").status_code == 404
