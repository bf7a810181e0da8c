"""XML that is not well formed is repaired, and valid parts stay unchanged."""

from itertools import pairwise
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sosie.sources.formats.xml_mending import Mender
from sosie.sources.opening import open_source
from support.tables import items

texts = st.text(st.characters(exclude_categories=["Cs", "Cc", "Co", "Cn"]), max_size=20).map(str.strip)


def mended(document: bytes, cuts: list[int]) -> bytes:
    mender = Mender()
    edges = [0, *sorted(cut % (len(document) + 1) for cut in cuts), len(document)]
    pieces = [document[start:end] for start, end in pairwise(edges)]
    return b"".join(map(mender.mend, pieces)) + mender.mend(b"", is_last=True)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (b"<a>x & y</a>", b"<a>x &amp; y</a>"),
        (b"<a>?a=1&b=2&amp;c=3</a>", b"<a>?a=1&amp;b=2&amp;c=3</a>"),
        (b"<a>&nbsp;&euro;&#8364;&lt;</a>", b"<a>&#160;&#8364;&#8364;&lt;</a>"),
        (b"<a>&nope;</a>", b"<a>&amp;nope;</a>"),
        (b"<a><![CDATA[x & y &nbsp;]]> & z</a>", b"<a><![CDATA[x & y &nbsp;]]> &amp; z</a>"),
        (b"x" * 60 + b"<![CDATA[" + b"&" * 99 + b"]]>&", b"x" * 60 + b"<![CDATA[" + b"&" * 99 + b"]]>&amp;"),
        (b"AT&T", b"AT&amp;T"),
    ],
)  # fmt: skip
@given(cuts=st.lists(st.integers(0, 400), max_size=6))
def test_mending_does_not_depend_on_where_the_pieces_end(document: bytes, expected: bytes, cuts: list[int]) -> None:
    assert mended(document, cuts) == expected


@given(titles=st.lists(texts.filter(lambda text: not text.startswith("'")), min_size=1, max_size=4))
def test_what_was_written_is_read(tmp_path_factory: pytest.TempPathFactory, titles: list[str]) -> None:
    records = "".join(
        f"<item><id>i{n}</id><image_link>https://cdn.example/{n}.jpg</image_link><title>{escape(title)}</title>"
        f"<note><![CDATA[{title.replace(']]>', '')}]]></note><end>e</end></item>"
        for n, title in enumerate(titles)
    )
    path = tmp_path_factory.mktemp("xml") / "feed.xml"
    path.write_text(f"<rss><channel>{records}</channel></rss>", encoding="utf-8")
    all_items = items(open_source(path))
    assert [item.item_id for item in all_items] == [f"i{n}" for n in range(len(titles))]
    assert {item.attributes["end"] for item in all_items} == {"e"}
    kinds = {type(item.attributes.get("title")) for item in all_items}
    if kinds <= {str, type(None)} and str in kinds:
        assert [item.attributes.get("title", "") for item in all_items] == titles


def test_memory_does_not_follow_the_length_of_a_feed(tmp_path: Path) -> None:
    import tracemalloc

    record = "<item><id>{0}</id><image_link>https://cdn.example/{0}.jpg</image_link><title>{1}</title></item>"
    peaks = []
    for length in (1_000, 10_000):
        path = tmp_path / f"{length}.xml"
        path.write_text(
            "<rss><channel>" + "".join(record.format(n, "word " * 60) for n in range(length)) + "</channel></rss>"
        )
        tracemalloc.start()
        assert sum(1 for _ in open_source(path)) == length
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert (peaks[1] - peaks[0]) / 9_000 < 300
