"""Write docs/python.md from the docstrings of everything that ``sosie`` exports; a test compares the file with them."""

import dataclasses
import inspect
import re
from pathlib import Path

import sosie
from sosie import errors
from sosie.catalog import base

TARGET = Path(__file__).resolve().parents[1] / "docs" / "python.md"

OPENING = """# Python

Made by `python scripts/write_python_reference.py` from the docstrings. The tests run every example, in a folder with
`catalog.csv`, `photo.jpg` and `shop.sosie`; `url` is the address of a server.
"""
SECTIONS = {
    "Opening a catalog": ("open", "Catalog", "RemoteCatalog", "CatalogProtocol"),
    "Options": ("SearchOptions", "IndexOptions", "FetchOptions", "Limits", "Where", "Box"),
    "What goes in": ("Item", "NamedBytes", "Fetched"),
    "What comes out": (
        "SearchResult", "Match", "DetailsEvidence", "CodeEvidence", "LooksEvidence", "ProductInPhoto", "Identification",
        "Record",
        "Facet", "Stats", "IndexReport", "Progress", "Rejection", "Evaluation", "DuplicateReport", "Feedback",
    ),
    "Errors": (
        "SosieError", "UsageError", "FilterError", "ImageError", "SourceError", "EmbedderError", "StoreError",
        "StoreNotFound", "ItemNotFound",
    ),
}  # fmt: skip


def reference() -> str:
    """The whole page."""
    parts = [OPENING, _fenced(_example(inspect.getdoc(sosie) or ""))]
    for title, names in SECTIONS.items():
        parts.append(f"## {title}\n")
        if title == "Errors":
            parts.append(f"```text\n{_tree()}\n```\n")
        parts += [_entry(name) for name in names]
    return "\n".join(parts)


def _entry(name: str) -> str:
    thing = getattr(sosie, name)
    text = inspect.getdoc(thing) or ""
    parts = [f"### `{name}`\n"]
    signature = _signature(name, thing)
    if signature:
        parts.append(f"```text\n{signature}\n```\n")
    parts += [_prose(text), _fenced(_example(text))]
    if thing is base.CatalogProtocol:
        parts += [_method(key, value) for key, value in vars(thing).items() if _is_method(key, value)]
    return "\n".join(part for part in parts if part)


def _is_method(name: str, value: object) -> bool:
    return inspect.isfunction(value) and not name.startswith("_")


def _method(name: str, function: object) -> str:
    assert callable(function)
    return f"#### `{name}`\n\n```text\n{_call(name, function)}\n```\n\n{_prose(inspect.getdoc(function) or '')}"


def _signature(name: str, thing: object) -> str:
    """How it is called; the fields of a record, one a line; empty for errors and protocols."""
    if inspect.isfunction(thing):
        return _call(f"sosie.{name}", thing)
    if dataclasses.is_dataclass(thing):
        fields = [field for field in dataclasses.fields(thing) if field.repr]
        lines = [f"    {field.name}: {_plain(str(field.type))}{_default(field)}" for field in fields]
        return "\n".join([f"{name}(", *lines, ")"])
    if thing in (sosie.Catalog, sosie.RemoteCatalog):
        return _call(f"sosie.{name}", thing)
    return ""


def _call(name: str, thing: object) -> str:
    assert callable(thing)
    signature = inspect.signature(thing)
    parameters = [parameter for key, parameter in signature.parameters.items() if key != "self"]
    texts = [_plain(str(parameter)) for parameter in parameters]
    keyword = next((i for i, each in enumerate(parameters) if each.kind is each.KEYWORD_ONLY), None)
    if keyword is not None:
        texts.insert(keyword, "*")
    back = signature.return_annotation
    arrow = "" if back is signature.empty or inspect.isclass(thing) else f" -> {_plain(str(back))}"
    line = f"{name}({', '.join(texts)}){arrow}"
    return line if len(line) <= 100 else "\n".join([f"{name}(", *(f"    {text}," for text in texts), f"){arrow}"])


def _default(field: "dataclasses.Field[object]") -> str:
    if field.default is not dataclasses.MISSING:
        return f" = {_plain(repr(field.default))}"
    return "" if field.default_factory is dataclasses.MISSING else f" = {field.default_factory.__name__}()"


def _plain(text: str) -> str:
    """An annotation or a default without the marks and addresses of its implementation."""
    text = re.sub(r"<function (\w+) at 0x\w+>", r"\1", text)
    return text.replace("'", "") if "|" in text or (":" in text and "://" not in text) else text


def _prose(text: str) -> str:
    """A docstring without its example, as Markdown."""
    before = re.split(r"^ *>>> ", text, maxsplit=1, flags=re.M)[0]
    return re.sub(r"``(.+?)``", r"`\1`", before).strip() + "\n"


def _example(text: str) -> str:
    start = re.search(r"^( *)>>> ", text, re.M)
    if start is None:
        return ""
    lines = []
    for line in text[start.start() :].splitlines():
        if not line.strip():
            break
        lines.append(line.removeprefix(start[1]))
    return "\n".join(lines)


def _fenced(example: str) -> str:
    return f"```pycon\n{example}\n```\n" if example else ""


def _tree() -> str:
    text = inspect.cleandoc(errors.__doc__ or "")
    lines = text.splitlines()
    first = next(number for number, line in enumerate(lines) if line.strip().startswith("SosieError"))
    return inspect.cleandoc("\n".join(lines[first:])).rstrip()


if __name__ == "__main__":
    TARGET.write_text(reference(), encoding="utf-8")
