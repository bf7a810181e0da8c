"""The mark that keeps a spreadsheet from running a text as a formula is removed again."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sosie.sources.tables.typing import bare_text
from sosie.support.spreadsheets import neutralize

MARKS = st.text(st.sampled_from("'=+-@\t a1²ü\""), max_size=8)


@given(st.one_of(MARKS, st.text(max_size=12)))
@example('=HYPERLINK("x")')
@example("'²")
@example("''12")
def test_every_text_comes_back_as_it_was(text: str) -> None:
    bare = text.strip()
    assert neutralize(bare)[:1] not in ("=", "+", "-", "@", "\t", "\r") or not bare
    assert bare_text(neutralize(bare)) == bare


@pytest.mark.parametrize("text", ["red", "12", "a=b", "O'Neill", "'quoted' words", ""])
def test_what_is_no_formula_stays_as_it_is(text: str) -> None:
    assert neutralize(text) == text
