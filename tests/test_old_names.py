"""Former names of keywords are accepted, but not beside the new ones."""

import pytest

from sosie.support.old_names import accept_old_names


@accept_old_names(colour="color")
def paint(color: str = "white") -> str:
    return color


def test_both_names_are_accepted() -> None:
    assert (paint(), paint("red"), paint(color="red"), paint(colour="red")) == ("white", "red", "red", "red")  # type: ignore[call-arg]


def test_one_of_both_names_must_be_given() -> None:
    with pytest.raises(TypeError, match="got both 'color' and its former name 'colour'"):
        paint(color="red", colour="red")  # type: ignore[call-arg]
