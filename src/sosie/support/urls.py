"""What counts as an address on the web."""


def is_url(text: str) -> bool:
    """Whether it begins as a web address does, in either case of the letters."""
    return text.lower().startswith(("http://", "https://"))
