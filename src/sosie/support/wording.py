"""Numbers with their nouns, for messages."""


def amount(number: int, thing: str) -> str:
    """A number with its noun in the singular or plural: ``1 item``, ``2 items``, ``12,345 queries``."""
    return f"{number:,} {thing if number == 1 else _plural(thing)}"


def _plural(thing: str) -> str:
    return f"{thing[:-1]}ies" if thing.endswith("y") else f"{thing}s"
