"""What the page's smaller photos cost in answers: the browser's own bytes against the originals.

    PYTHONPATH=src:benchmarks python benchmarks/shrinking.py

Chromium runs the page's ``shrink.ts`` on every photo; needs `npm ci` in web/ and Debian's chromium.
"""

from __future__ import annotations

import argparse
import base64
import csv
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from filled import cache_folder
from grocery import FOLDER
from playwright.sync_api import Page, sync_playwright
from report import table, write_section

import sosie

COMMAND = "PYTHONPATH=src:benchmarks python benchmarks/shrinking.py"
ROOT = Path(__file__).resolve().parents[1]
DATA = FOLDER.parent
SETS = {
    "grocery val": ("grocery_store/catalogue.csv", "grocery_store/shopfloor_val.csv"),
    "jsk": ("jsk_objects/catalog.csv", "jsk_objects/photos.csv"),
    "beauty": ("abantecart_beauty/catalog.csv", "abantecart_beauty/photos.csv"),
}
"""Catalog and photos; sides and quality were chosen on the first two, the third is only reported."""

Way = tuple[int, float, str]
WAYS: list[Way] = [
    *((side, quality, "image/jpeg") for side in (960, 640) for quality in (0.92, 0.88)),
    (720, 0.88, "image/jpeg"),
    (640, 0.8, "image/jpeg"),
    (480, 0.92, "image/jpeg"),
    (640, 0.88, "image/webp"),
]


@dataclass(frozen=True)
class Answer:
    """The first product of an answer, its probability, and the verdict."""

    product: str
    probability: float
    verdict: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--step", type=int, default=1, help="every so many photos only; then nothing is written")
    step = parser.parse_args().step
    rows: list[Sequence[object]] = []
    with browser_page() as page:
        for name, tables in SETS.items():
            for row in compared(page, name, *tables, step):
                print(*row, sep="\t", flush=True)
                rows.append(row)
    if step == 1:
        write_section("Photos made smaller by the page", COMMAND, f"{EXPLANATION}\n\n{table(COLUMNS, rows)}")


COLUMNS = ("photos", "sent as", "KB", "hit rate@1", "another first", "another verdict", "mean change of probability")
EXPLANATION = """Every photo is sent as the file that it is, and as Chromium makes it smaller with the page's own code:
shorter side, quality, format, of small files, too. *by the page*: as it is, which leaves small files alone and sends
75 kB at most where it can. *another first*: answers whose
first product is not that of the file. Looks are the default embedder's, with details; *KB* is the mean."""


def compared(page: Page, name: str, catalog: str, photos: str, step: int) -> Iterator[Sequence[object]]:
    """A row for each way to send the photos of a set."""
    store = cache_folder() / f"shrinking-{name.replace(' ', '-')}.sosie"
    with sosie.open(str(store)) as opened:
        opened.index(DATA / catalog)
        with (DATA / photos).open(encoding="utf-8", newline="") as file:
            described = list(csv.DictReader(file))[::step]
        wanted = [row["product_id"] for row in described]
        files = [((DATA / photos).parent / row["image"]).read_bytes() for row in described]
        answered: dict[bytes, Answer] = {}
        before = answers_of(opened, files, answered)
        yield (name, "the file", *figures(files, wanted, before, before))
        for way in ("WHOLE", *WAYS):
            sent = [shrunk(page, data, way) for data in files]
            shown = "by the page" if isinstance(way, str) else f"{way[0]} px, {way[1]}, {way[2][6:]}"
            yield (name, shown, *figures(sent, wanted, answers_of(opened, sent, answered), before))


def answers_of(catalog: sosie.Catalog, photos: Sequence[bytes], answered: dict[bytes, Answer]) -> list[Answer]:
    """The first match of each photo; the same bytes are searched only once."""
    new = list(dict.fromkeys(data for data in photos if data not in answered))
    for data, result in zip(new, catalog.search_many(new, k=1), strict=True):
        if isinstance(result, sosie.ImageError):
            raise result
        first = result.matches[0]
        answered[data] = Answer(first.product_id, first.same_product or 0.0, result.verdict or "")
    return [answered[data] for data in photos]


def figures(
    sent: Sequence[bytes], wanted: Sequence[str], answers: Sequence[Answer], before: Sequence[Answer]
) -> Sequence[str]:
    """What a row says after the way in which the photos were sent."""
    right = np.mean([answer.product == product for answer, product in zip(answers, wanted, strict=True)])
    pairs = list(zip(answers, before, strict=True))
    return (
        f"{np.mean([len(data) for data in sent]) / 1000:.0f}",
        f"{right:.3f}",
        f"{sum(a.product != b.product for a, b in pairs)} of {len(pairs)}",
        ", ".join(f"{n} {old} → {new}" for (old, new), n in changes(pairs).items()) or "0",
        f"{np.mean([abs(a.probability - b.probability) for a, b in pairs]):.3f}",
    )


def changes(pairs: Sequence[tuple[Answer, Answer]]) -> Counter[tuple[str, str]]:
    """How often one verdict became another."""
    return Counter((before.verdict, after.verdict) for after, before in pairs if after.verdict != before.verdict)


@contextmanager
def browser_page() -> Iterator[Page]:
    """A page of Chromium that has the page's own code for making photos smaller."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        compiler = ROOT / "web/node_modules/.bin/tsc"
        source = ROOT / "web/src/shrink.ts"
        options = ["--ignoreConfig", "--module", "esnext", "--target", "es2022", "--outDir", folder]
        subprocess.run([compiler, *options, source], check=True)
        chromium = shutil.which("chromium")
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.add_script_tag(
            type="module",
            content=Path(folder, "shrink.js").read_text() + "\nwindow.shrunk = shrunk; window.WHOLE = WHOLE;",
        )
        page.wait_for_function("() => typeof window.shrunk === 'function'")
        yield page
        browser.close()


def shrunk(page: Page, data: bytes, how: str | Way) -> bytes:
    """The bytes that the page would send, with its own settings (a name) or with those of ``how``."""
    if isinstance(how, str):
        settings: object = how
    else:
        side, quality, kind = how
        settings = {"steps": [[side, quality]], "type": kind, "most": 1e9, "small": 0}
    made: str = page.evaluate(
        """async ([text, how]) => {
            const file = await (await fetch(`data:;base64,${text}`)).blob();
            const sent = new Uint8Array(await (await shrunk(file, how === "WHOLE" ? WHOLE : how)).arrayBuffer());
            return btoa(Array.from(sent, (byte) => String.fromCharCode(byte)).join(""));
        }""",
        [base64.b64encode(data).decode(), settings],
    )
    return base64.b64decode(made)


if __name__ == "__main__":
    main()
