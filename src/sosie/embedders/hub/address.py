"""Names of the form ``hub:OWNER/NAME[@REVISION][:VARIANT][?OPTION=VALUE&…]``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from sosie.errors import UsageError

PREFIX = "hub:"
EXPECTED = "expected hub:OWNER/NAME, hub:OWNER/NAME@REVISION or hub:OWNER/NAME:VARIANT"
OPTIONS = {
    "output": "the output of the graph that is the embedding",
    "pooling": "how tokens become one vector: none, cls or mean",
    "template": "what words are put into, for example 'a photo of {}'",
}
_FORM = re.compile(
    r"(?P<repository>[\w.-]+/[\w.-]+)(@(?P<revision>[^:?+\s]+))?(:(?P<variant>[\w.-]+))?(\?(?P<options>[^+]*))?"
)
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class HubAddress:
    """A repository, its branch, tag or commit, a variant of its graphs, and options."""

    repository: str
    revision: str | None = None
    variant: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, name: str) -> HubAddress:
        """The address in a name; ``UsageError`` for a name of another form."""
        match = _FORM.fullmatch(name.removeprefix(PREFIX))
        if match is None:
            raise UsageError(f"{name!r} is not the name of a network on the Hub; {EXPECTED}")
        options = [part.partition("=") for part in (match["options"] or "").split("&") if part]
        return cls(
            match["repository"],
            match["revision"],
            match["variant"],
            _checked({key: value for key, _, value in options}, name),
        )

    @property
    def is_pinned(self) -> bool:
        """True if the revision is a commit, which never changes."""
        return self.revision is not None and _COMMIT.fullmatch(self.revision) is not None

    def pinned(self, commit: str) -> HubAddress:
        """The same network at a commit."""
        return replace(self, revision=commit)

    def __str__(self) -> str:
        revision = f"@{self.revision}" if self.revision else ""
        variant = f":{self.variant}" if self.variant else ""
        options = "&".join(f"{key}={value}" for key, value in sorted(self.options.items()))
        return f"{PREFIX}{self.repository}{revision}{variant}" + (f"?{options}" if options else "")


def with_options(name: str, options: Iterable[str]) -> str:
    """The name with options ``KEY=VALUE`` added; ``UsageError`` if the name takes no options."""
    given = [option.partition("=") for option in options]
    if not given:
        return name
    if not name.startswith(PREFIX):
        raise UsageError(f"embedder {name!r} takes no options; only networks on the Hub do: {EXPECTED}")
    address = HubAddress.parse(name)
    added = {key: value for key, _, value in given}
    return str(replace(address, options=_checked({**address.options, **added}, name)))


def _checked(options: Mapping[str, str], name: str) -> Mapping[str, str]:
    for key, value in options.items():
        if key not in OPTIONS or not value or set(value) & set("+&?"):
            allowed = "; ".join(f"{name}: {meaning}" for name, meaning in OPTIONS.items())
            raise UsageError(f"option {key}={value!r} of {name} cannot be used; expected KEY=VALUE with {allowed}")
    if options.get("pooling", "none") not in ("none", "cls", "mean"):
        raise UsageError(f"pooling is {options['pooling']!r} in {name}; expected none, cls or mean")
    return options
