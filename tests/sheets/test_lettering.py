import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from sosie.sheets import lettering
from sosie.sheets.lettering import ELLIPSIS, Style, drawable_text, elided, readable, width, wrapped, write

STYLE = Style(20, (0, 0, 0), 0.3)


def forget_fonts() -> None:
    for cached in (lettering._basic_fonts, lettering._fonts, lettering._covers, lettering._has_font):
        cached.cache_clear()


@pytest.fixture
def machine_fonts(request, monkeypatch):
    """As on a machine with these fonts of its own."""
    monkeypatch.setattr(lettering, "_SYSTEM_FONTS", request.param)
    forget_fonts()
    yield
    forget_fonts()


bundled_font_only = pytest.mark.parametrize("machine_fonts", [()], indirect=True)
one_font_more = pytest.mark.parametrize("machine_fonts", [("DejaVuSans.ttf",)], indirect=True)


@given(st.text(max_size=80), st.integers(30, 300))
@settings(max_examples=60, deadline=None)
def test_elided_text_fits_and_begins_like_the_text(text, room):
    shown = drawable_text(text)
    short = elided(shown, STYLE, room)
    assert width(short, STYLE) <= room
    assert short == shown or (short.endswith(ELLIPSIS) and shown.startswith(short[:-1]))


@given(st.lists(st.text("abcdefgW", min_size=1, max_size=30), max_size=12), st.integers(60, 300))
@settings(max_examples=60, deadline=None)
def test_wrapped_lines_fit_and_lose_no_word_silently(words, room):
    lines = wrapped(" ".join(words), STYLE, room, lines=2)
    assert len(lines) <= 2
    assert all(width(line, STYLE) <= room for line in lines)
    assert ELLIPSIS in "".join(lines) or " ".join(lines) == " ".join(words)


@given(st.text(max_size=60))
@settings(max_examples=100, deadline=None)
def test_any_unicode_can_be_written(text):
    picture = Image.new("RGB", (400, 40), "white")
    line = elided(drawable_text(text), STYLE, 380)
    write(ImageDraw.Draw(picture), (4, 20), line, STYLE)
    assert width(line, STYLE) <= 380


def test_plain_text_is_left_alone():
    assert drawable_text("Oat  Crunch\n375 g") == "Oat Crunch 375 g"


@bundled_font_only
def test_accents_are_dropped_where_no_font_has_them(machine_fonts):
    assert drawable_text("Grüner Café") == "Gruner Cafe"
    assert readable("Grüner Café")


@bundled_font_only
def test_unknown_scripts_become_dots_and_are_called_unreadable(machine_fonts):
    assert drawable_text("緑茶 20") == "·· 20"
    assert readable("Tea 緑")
    assert not readable("緑茶緑茶 20")


@bundled_font_only
def test_nothing_drawn_is_the_box_of_a_missing_character(machine_fonts):
    box = bytes(ImageFont.load_default(16).getmask("\uffff"))
    shown = drawable_text("é緑☕\u200d\x00\ud800 ok")
    assert all(bytes(lettering._basic_fonts()[0].getmask(c)) != box for c in shown if not c.isspace())


def test_writing_stays_on_its_line():
    picture = Image.new("L", (200, 60), 255)
    write(ImageDraw.Draw(picture), (10, 30), "Åjgy", Style(20, 0))  # type: ignore[arg-type]
    rows = np.flatnonzero((np.asarray(picture) < 200).any(axis=1))
    assert rows.min() > 14
    assert rows.max() < 46


@one_font_more
def test_vowel_signs_without_a_font_are_not_taken_for_known(machine_fonts):
    assert not any("\u0900" <= character <= "\u097f" for character in drawable_text("शुद्ध चाय"))
