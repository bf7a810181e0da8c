"""Recognizes web addresses."""


def is_url(text: str) -> bool:
    """True if the text begins with ``http://`` or ``https://``, in upper or lower case."""
    return text.lower().startswith(("http://", "https://"))
