"""References are what the code says, every page is reachable, and every link leads somewhere."""

import inspect
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

import sosie
from sosie import errors
from sosie.catalog.base import CatalogProtocol
from sosie.embedders.registry import names
from support.documents import blocks_of

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
REFERENCES = ("cli.md", "python.md", "http-api.md", "metrics.md")
LONGEST_PAGE = 1500
"""How many words a page may have that is no reference."""


@pytest.mark.parametrize(
    ("page", "script"), [("cli.md", "write_cli_reference"), ("python.md", "write_python_reference")]
)
def test_a_reference_is_up_to_date(page: str, script: str) -> None:
    written = runpy.run_path(str(ROOT / "scripts" / f"{script}.py"))["reference"]()
    assert (DOCS / page).read_text(encoding="utf-8") == written, f"run scripts/{script}.py"


def test_the_python_reference_has_every_name_and_every_method() -> None:
    text = (DOCS / "python.md").read_text(encoding="utf-8")
    assert {name for name in sosie.__all__ if name != "__version__"} == set(re.findall(r"^### `(\w+)`", text, re.M))
    methods = {name for name, value in vars(CatalogProtocol).items() if inspect.isfunction(value) and name[0] != "_"}
    assert methods == set(re.findall(r"^#### `(\w+)`", text, re.M))


def test_every_exception_is_drawn_in_the_tree() -> None:
    defined = {name for name, thing in vars(errors).items() if isinstance(thing, type)}
    assert defined == set(re.findall(r"^ *[ │├└─]*(\w+?)(?: {2,}|$)", errors.__doc__ or "", re.M)) & defined


ROUTES = (
    "/v1/search", "/v1/search:all", "/v1/search:more", "/v1/explain", "/v1/identify", "/v1/preview", "/similar",
    "/v1/items:batch",
    "/v1/items",
    "/v1/thumbnails/", "/v1/item?", "/v1/item/similar", "/v1/thumbnail?", "/v1/items:query", "/v1/items:similar",
    "/v1/attributes:query", "/v1/items:update", "/v1/attributes?", "/v1/stats", "/v1/feedback", "/healthz", "/readyz",
    "/metrics", "/images/search/", "/v1/catalogs",
)  # fmt: skip


@pytest.mark.parametrize("route", ROUTES)
def test_every_route_has_an_example(route: str) -> None:
    commands = "\n".join(block.text for block in blocks_of(DOCS / "http-api.md") if block.language == "sh")
    assert route in commands


@pytest.mark.parametrize("name", names())
def test_every_embedder_stands_in_the_guide(name: str) -> None:
    assert f"`{name}`" in (DOCS / "embedders.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", [page for page in PAGES if page.name not in REFERENCES], ids=lambda page: page.name)
def test_a_page_can_be_read_in_ten_minutes(page: Path) -> None:
    assert len(page.read_text(encoding="utf-8").split()) <= LONGEST_PAGE


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_has_its_list_items_on_lines_of_their_own(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert re.findall(r"\S +- \*{1,2}\w.*", text) == []
    assert text.endswith("\n")


def test_the_site_builds_and_every_link_leads_somewhere(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "scripts" / "build_site.py"), str(tmp_path / "site")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "site" / "index.html").exists()
    assert (tmp_path / "site" / "docs" / "quickstart.html").exists()


def test_a_link_that_leads_nowhere_fails_the_site() -> None:
    settings = runpy.run_path(str(ROOT / "scripts" / "build_site.py"))
    assert settings["from_root"]("[a](x.md) [b](../README.md#c) [d](https://e.example)") == (
        "[a](docs/x.md) [b](README.md#c) [d](https://e.example)"
    )
    assert "--fail-on-warning" in (ROOT / "scripts" / "build_site.py").read_text(encoding="utf-8")
