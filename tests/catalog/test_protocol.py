"""Both catalogs have the methods of the protocol, with its parameters; what a server cannot do is refused."""

import inspect
import pickle
import re
from dataclasses import fields
from pathlib import Path

import pytest
from click.testing import CliRunner

import sosie
from catalog.pair import Pair
from sosie.catalog import Catalog, CatalogProtocol, RemoteCatalog
from sosie.catalog.options import IndexKeywords, IndexOptions, SearchKeywords, SearchOptions
from sosie.catalog.remote.refusals import NEED_STORE_OPTIONS, NEEDS_STORE, works_on_server
from sosie.cli.main import COMMANDS, main
from sosie.errors import UsageError

METHODS = sorted(name for name in vars(CatalogProtocol) if not name.startswith("_") and name != "uri")
REFUSED = sorted(NEEDS_STORE & set(METHODS))
SERVER = "http://127.0.0.1:9"
ARGUMENTS = {"evaluation_page": [None], "duplicates_page": [None]}
EMBEDDING_ONLY = {"fetch", "examine"}
"""Methods that the server uses beside the protocol."""


@pytest.mark.parametrize("name", METHODS)
def test_the_parameters_are_those_of_the_protocol(name: str) -> None:
    expected = inspect.signature(getattr(CatalogProtocol, name))
    assert inspect.signature(getattr(Catalog, name)) == expected
    if works_on_server(name):
        assert inspect.signature(getattr(RemoteCatalog, name)) == expected
    assert inspect.getdoc(getattr(Catalog, name))
    assert inspect.getdoc(getattr(RemoteCatalog, name))


@pytest.mark.parametrize("kind", [Catalog, RemoteCatalog])
def test_there_are_no_other_methods(kind: type) -> None:
    own = {name for name in vars(kind) if not name.startswith("_")}
    assert own - set(METHODS) <= EMBEDDING_ONLY


@pytest.mark.parametrize(("options", "keywords"), [(SearchOptions, SearchKeywords), (IndexOptions, IndexKeywords)])
def test_every_option_is_a_keyword(options: type, keywords: type) -> None:
    assert [field.name for field in fields(options)] == list(keywords.__annotations__)


@pytest.mark.parametrize("name", REFUSED)
def test_a_server_refuses_what_needs_the_store(name: str) -> None:
    with sosie.open(SERVER) as remote, pytest.raises(UsageError, match=f"{name} needs the store itself, but {SERVER}"):
        getattr(remote, name)(*ARGUMENTS.get(name, []))


@pytest.mark.parametrize(
    ("option", "value"),
    [("swap", True), ("details", False), ("details", True), ("thumbnails", 0), ("codes_in", "ean"), ("workers", 2)],
)
def test_a_server_refuses_options_of_the_store(tmp_path: Path, option: str, value: object) -> None:
    with (
        sosie.open(SERVER) as remote,
        pytest.raises(UsageError, match=rf"index with {option} \(--[a-z-]+\) needs the store itself"),
    ):
        remote.index(tmp_path, **{option: value})  # type: ignore[arg-type]


def test_every_refused_option_is_tested_above_or_works() -> None:
    assert set(NEED_STORE_OPTIONS["index"]) == {"swap", "details", "thumbnails", "codes_in", "workers"}
    assert {field.name for field in fields(IndexOptions)} - set(NEED_STORE_OPTIONS["index"]) == {
        "sync", "max_removals", "allow_unread", "dry_run",
    }  # fmt: skip


@pytest.mark.parametrize("opening", [{"embedder": "trio"}, {"quick": True}])
def test_a_server_has_its_own_embedder(opening: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="needs the store itself"):
        sosie.open(SERVER, **opening)  # type: ignore[arg-type]


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_help_offers_a_server_where_it_can_do_the_command(command: str) -> None:
    text = CliRunner().invoke(main, [command, "--help"], terminal_width=200).output
    if re.search(r"^ +--store URI", text, re.M) and command != "demo":
        assert ("http://host:8000" in text) == works_on_server(command), text


@pytest.mark.parametrize(
    "line", ["adapt", "calibrate", "check", "duplicates", "evaluate --leave-one-out", "optimize", "retype a=text"]
)
def test_commands_refuse_in_the_same_words(line: str) -> None:
    result = CliRunner().invoke(main, [*line.split(), "--store", SERVER])
    assert result.exit_code == 2
    assert f"{line.split()[0]} needs the store itself, but {SERVER} is a server" in result.output


def test_a_remote_catalog_goes_to_another_process(pair: Pair) -> None:
    with pickle.loads(pickle.dumps(pair.remote)) as arrived:
        assert (arrived.uri, arrived.count()) == (pair.remote.uri, pair.remote.count())


def test_every_index_option_is_on_the_command_line(tmp_path: Path) -> None:
    from sosie.cli.index import index_command
    from sosie.cli.index_options import take_index_options

    words = [
        "index",
        "--sync",
        "--max-removals",
        "5%",
        "--allow-unread",
        "--dry-run",
        "--details",
        "off",
        "--thumbnails",
        "128",
        "--code-attribute",
        "ean",
        "--workers",
        "3",
    ]
    context = index_command.make_context("index", [str(tmp_path), "--store", "s.sosie", *words[1:]])
    options = take_index_options(context.params)
    assert options == IndexOptions(
        sync=True,
        max_removals="5%",
        allow_unread=True,
        dry_run=True,
        details=False,
        thumbnails=128,
        codes_in="ean",
        workers=3,
    )
    assert not {field.name for field in fields(IndexOptions)} & set(context.params)


def test_commands_that_a_server_can_do(pair: Pair, tmp_path: Path) -> None:
    photo, store = str(pair.shop / "3.jpg"), ["--store", pair.remote.uri]
    lines = (["identify", photo, "--by", "brand"], ["search", photo, "--explain", str(tmp_path / "why.png")], ["stats"])
    for line in lines:
        result = CliRunner().invoke(main, [*line, *store])
        assert result.exit_code == 0, result.output
    assert (tmp_path / "why.png").stat().st_size > 1000
