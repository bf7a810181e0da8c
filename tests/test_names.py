"""Public names are unique: a reader who sees one knows which thing is meant."""

import ast
from collections import defaultdict
from pathlib import Path

import sosie

PACKAGE = Path(sosie.__file__).parent

STORE = "both are the body of the Store method of that name"
SHARED = {
    "add_feedback": STORE, "check": STORE, "count": STORE, "delete": STORE, "drop_vectors": STORE, "get": STORE,
    "put_vectors": STORE, "replace_manifest": STORE, "search_text": STORE, "update": STORE, "upsert": STORE,
    "open_replacement": "stores.opening passes the call on to the store that the URI names",
}  # fmt: skip
"""Names that two files may define, and why."""


def test_no_public_name_is_defined_twice() -> None:
    twice = {name: files for name, files in _definitions().items() if len(files) > 1 and name not in SHARED}
    assert not twice, f"rename all but one of each, or add a protocol's pair to SHARED: {twice}"


def test_shared_names_stay_within_one_room_and_are_still_shared() -> None:
    definitions = _definitions()
    for name in SHARED:
        rooms = {Path(file).parts[0] for file in definitions[name]}
        assert len(definitions[name]) > 1, name
        assert len(rooms) == 1, name


def _definitions() -> dict[str, list[str]]:
    definitions = defaultdict(list)
    for file in sorted(PACKAGE.rglob("*.py")):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            is_definition = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            if is_definition and not node.name.startswith("_"):
                definitions[node.name].append(file.relative_to(PACKAGE).as_posix())
    return definitions
