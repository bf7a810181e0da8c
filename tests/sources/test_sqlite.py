"""Tables of SQLite databases."""

import sqlite3
from pathlib import Path

import pytest

from sosie.errors import SourceError
from sosie.sources.opening import open_source
from support.tables import items

CDN = "https://cdn.example"


def database(path: Path, script: str) -> Path:
    connection = sqlite3.connect(path)
    connection.executescript(script)
    connection.close()
    return path


def test_the_table_of_products_is_read(tmp_path: Path) -> None:
    path = database(tmp_path / "shop.db", f"""
        CREATE TABLE banner (title TEXT, image TEXT); INSERT INTO banner VALUES ('Sale', '{CDN}/sale.jpg');
        CREATE TABLE products (sku TEXT, title TEXT, price REAL, "image_url" TEXT, stock INTEGER);
        INSERT INTO products VALUES ('7', 'Mug', 9.9, '{CDN}/a.jpg', NULL), ('8', 'Vase', 5, '{CDN}/b.jpg', 3);
    """)  # fmt: skip
    source = open_source(path)
    seven, eight = items(source)
    assert (seven.item_id, seven.image, seven.attributes) == ("7", f"{CDN}/a.jpg", {"title": "Mug", "price": 9.9})
    assert eight.attributes == {"title": "Vase", "price": 5.0, "stock": 3}
    assert source.report().dialect == {"table": "products"}


@pytest.mark.parametrize("key", ["product_id INTEGER", "item INTEGER REFERENCES product (id)"])
def test_pictures_in_a_table_of_their_own(tmp_path: Path, key: str) -> None:
    path = database(tmp_path / "shop.db", f"""
        CREATE TABLE product (id INTEGER PRIMARY KEY, title TEXT, price REAL);
        INSERT INTO product VALUES (7, 'Mug', 9.9), (8, 'Vase', 5);
        CREATE TABLE product_image ({key}, url TEXT, position INTEGER);
        INSERT INTO product_image VALUES (7, '{CDN}/b.jpg', 2), (8, '{CDN}/c.jpg', 1), (7, '{CDN}/a.jpg', 1);
    """)  # fmt: skip
    found = items(open_source(path))
    assert [(item.product_id, item.image) for item in found] == [
        ("7", f"{CDN}/a.jpg"), ("7", f"{CDN}/b.jpg"), ("8", f"{CDN}/c.jpg")]  # fmt: skip


def test_pictures_of_both_tables(tmp_path: Path) -> None:
    path = database(tmp_path / "shop.db", f"""
        CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT, image TEXT);
        INSERT INTO items VALUES (7, 'Mug', '{CDN}/a.jpg');
        CREATE TABLE photos (item_id INTEGER, path TEXT); INSERT INTO photos VALUES (7, '{CDN}/b.jpg');
    """)  # fmt: skip
    assert [item.image for item in items(open_source(path))] == [f"{CDN}/a.jpg", f"{CDN}/b.jpg"]


def test_pictures_in_the_table_itself(tmp_path: Path) -> None:
    path = database(tmp_path / "shop.db", """
        CREATE TABLE products (id INTEGER, image BLOB); INSERT INTO products VALUES (7, x'ffd8ff00');
    """)  # fmt: skip
    assert [item.picture for item in items(open_source(path))] == [b"\xff\xd8\xff\0"]


def test_a_database_without_products_is_refused(tmp_path: Path) -> None:
    path = database(tmp_path / "shop.db", "CREATE TABLE settings (k TEXT, v TEXT)")
    with pytest.raises(SourceError, match=r"without a table of products: .* found 'settings'"):
        open_source(path)


def test_a_damaged_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "shop.db").write_bytes(b"SQLite format 3\0" + bytes(100))
    with pytest.raises(SourceError, match=r"is a SQLite database that cannot be read: .* export its products as CSV"):
        open_source(tmp_path / "shop.db")


def test_reading_changes_nothing(tmp_path: Path) -> None:
    path = database(tmp_path / "shop.db", f"CREATE TABLE p (sku, image); INSERT INTO p VALUES ('7', '{CDN}/a.jpg')")
    before = path.read_bytes()
    assert len(items(open_source(path))) == 1
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["shop.db"]
