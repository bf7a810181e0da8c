"""The text encoder of a user's own network, from ``"text"`` in its JSON::

{
  "graph": "text.onnx",              required: takes input_ids, perhaps attention_mask; a path beside the JSON
  "tokenizer": "tokenizer.json",     as Hugging Face writes it; left out, this name
  "template": "a photo of {}",       the template of words; left out, the words alone
  "length": 77,                      the most tokens of a text; left out, 77
  "always": true,                    pad every text to this length; left out, no
  "pad_token": "<pad>",              the token for padding
  "lower": true,                     in lower case; left out, as written
  "output": "text_embeds"            the name of the output to use; left out, the first
}
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sosie.embedders.runtime import Device, Session, Weights
from sosie.embedders.text_graph import GraphTextEncoder, Wording
from sosie.errors import EmbedderUnavailable
from sosie.types import JSON

LENGTH = 77
LONGEST = 4096
STRINGS = ("graph", "tokenizer", "template", "pad_token", "output")
SWITCHES = ("always", "lower")
TEXT_EXPECTED = (
    f"an object with graph and, if wanted, {', '.join([*STRINGS[1:], *SWITCHES])} and length, from 2 to {LONGEST}"
)


def is_text_settings(value: Any) -> bool:
    """True if a value of the JSON describes a text encoder."""
    return (
        isinstance(value, dict)
        and "graph" in value
        and set(value) <= {*STRINGS, *SWITCHES, "length"}
        and all(isinstance(value[name], str) and value[name] for name in STRINGS if name in value)
        and all(isinstance(value[name], bool) for name in SWITCHES if name in value)
        and type(value.get("length", LENGTH)) is int
        and 2 <= value.get("length", LENGTH) <= LONGEST
    )


def open_text_file(json_path: Path, settings: Mapping[str, JSON], threads: int, device: Device) -> GraphTextEncoder:
    """Opens the text encoder in the settings; ``EmbedderUnavailable`` if a file is missing."""
    from sosie.embedders.hub.tokenizer import Padding, WordTokenizer

    graph, tokenizer = (
        _existing(json_path, settings.get(key, default))
        for key, default in (("graph", ""), ("tokenizer", "tokenizer.json"))
    )
    wording = Wording(
        settings.get("template", "{}"),
        settings.get("length", LENGTH),
        always=settings.get("always", False),
        lower=settings.get("lower", False),
    )
    words = WordTokenizer(tokenizer, settings, Padding(wording.length, wording.always))
    session = Session(Weights(graph, files_beside(graph)), threads, device)
    output = settings.get("output")
    if output is not None and output not in session.outputs:
        raise EmbedderUnavailable(f"{graph} has no output {output!r}; expected one of {', '.join(session.outputs)}")
    return GraphTextEncoder(f"onnx:{graph}", session, words, wording, output)


def _existing(json_path: Path, name: str) -> Path:
    path = json_path.parent / Path(name).expanduser()
    if not path.is_file():
        raise EmbedderUnavailable(f"there is no file {path}, which is in {json_path}")
    return path


def files_beside(path: Path) -> dict[str, Path]:
    """The files of weights beside a graph, by name."""
    names = (f"{path.name}_data", f"{path.name}.data", f"{path.stem}.data")
    return {name: path.with_name(name) for name in names if path.with_name(name).is_file()}
