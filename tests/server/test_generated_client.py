"""A client that openapi-python-client generates from the server's own description is used for a round trip."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from support.served import served

GENERATE = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none"]
ROUND_TRIP = """
import sys
from base64 import b64encode
from generated import Client
from generated.api.health import readyz
from generated.api.items import delete_item_by_query, get_item, list_items, put_item_by_query, thumbnail, update_item
from generated.api.items import query_items
from generated.api.search import search
from generated.models import ItemChange, ItemChangeAttributes, ItemsOptions, ItemWithPicture, PictureIn, SearchIn
from generated.models import ItemWithPictureAttributes

client = Client(base_url=sys.argv[1])
picture = PictureIn(base64=b64encode(open(sys.argv[2], "rb").read()).decode())
assert readyz.sync(client=client).status == "ok"
brand = ItemWithPictureAttributes.from_dict({"brand": "New"})
item = ItemWithPicture(image=picture, product_id="p99", attributes=brand)
assert put_item_by_query.sync(client=client, item_id="a/b", body=item).added == 1
found = search.sync(client=client, body=SearchIn(images=[picture], k=2, where=["brand=New"]))
assert [match.item_id for match in found.results[0].matches] == ["a/b"]
change = ItemChange(attributes=ItemChangeAttributes.from_dict({"price": 7, "label": None}))
assert update_item.sync("i1", client=client, body=change).attributes["price"] == 7
assert list_items.sync(client=client, where=["price=7"]).total == 1
assert query_items.sync(client=client, body=ItemsOptions(where=["price=7"])).items[0].item_id == "i1"
assert thumbnail.sync_detailed("i1", client=client).content[:2] == bytes([0xFF, 0xD8])
assert delete_item_by_query.sync_detailed(client=client, item_id="a/b").status_code == 204
assert get_item.sync("none", client=client).type_.endswith("ItemNotFound")
"""


def test_a_round_trip(copied: Path, pictures: list[bytes], tmp_path: Path) -> None:
    pytest.importorskip("openapi_python_client", reason="needs openapi-python-client: `make setup` installs it")
    (tmp_path / "photo.jpg").write_bytes(pictures[5] + b"\0")
    with served(copied) as running:
        description = httpx.get(f"{running.url}/openapi.json").json()
        (tmp_path / "openapi.json").write_text(json.dumps(description), encoding="utf-8")
        generated = [*GENERATE, "--path", str(tmp_path / "openapi.json"), "--output-path", str(tmp_path / "generated")]
        made = subprocess.run(generated, capture_output=True, text=True, check=False, cwd=tmp_path)
        assert made.returncode == 0, made.stdout + made.stderr
        _add_forgotten_imports(tmp_path / "generated")
        used = subprocess.run(
            [sys.executable, "-c", ROUND_TRIP, running.url, str(tmp_path / "photo.jpg")],
            capture_output=True, text=True, check=False, cwd=tmp_path,
        )  # fmt: skip
    assert (used.returncode, used.stderr) == (0, "")


def _add_forgotten_imports(client: Path) -> None:
    """Version 0.29 of the generator writes ``Unset``, without its import, where a body may be a form or JSON."""
    for file in client.glob("api/*/*.py"):
        text = file.read_text(encoding="utf-8")
        if "Unset" in text:
            first = "from ... import errors\n"
            assert first in text, "the generator writes imports in another way now"
            file.write_text(text.replace(first, f"{first}from ...types import Unset\n"), encoding="utf-8")
