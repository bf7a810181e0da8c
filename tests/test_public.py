"""The names that ``sosie`` exports: there at once, light to import, and each with an example that runs."""

import doctest
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path

import pytest

import sosie
from support.pictures import draw_picture, encode
from support.served import served

NAMES = [name for name in sosie.__all__ if name != "__version__"]
BRANDS, PRICES = ("Acme", "Bolt"), (9.5, 12, 15, 18, 21, 24)


def test_what_is_listed_is_there() -> None:
    assert dir(sosie) == sorted(sosie.__all__)
    assert all(getattr(sosie, name) is not None for name in sosie.__all__)
    assert sosie.__version__ == version("sosie")
    assert set(sosie._HOMES) | {"open", "__version__"} == set(sosie.__all__)
    with pytest.raises(AttributeError, match="nothing"):
        _ = sosie.nothing


def test_a_star_import_gives_every_name() -> None:
    names: dict[str, object] = {}
    exec("from sosie import *", names)
    assert set(sosie.__all__) <= set(names)


def test_importing_sosie_imports_nothing_heavy() -> None:
    code = "import sys, sosie; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    heavy = {"numpy", "PIL", "click", "httpx", "onnxruntime", "importlib.metadata"}
    assert not heavy & set(loaded)
    assert [name for name in loaded if name.startswith("sosie")] == ["sosie"]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as a reader of the examples has it: ``catalog.csv``, ``pictures/``, ``photo.jpg`` and ``shop.sosie``."""
    folder = tmp_path_factory.mktemp("examples")
    (folder / "pictures").mkdir()
    rows = ["item_id,product_id,image,title,brand,price"]
    for seed, price in enumerate(PRICES):
        (folder / "pictures" / f"{seed}.jpg").write_bytes(encode(draw_picture(seed, (160, 120))))
        rows.append(f"i{seed},p{seed // 2},pictures/{seed}.jpg,Thing {seed},{BRANDS[seed % 2]},{price}")
    (folder / "photo.jpg").write_bytes(encode(draw_picture(2, (160, 120)), quality=70))
    (folder / "catalog.csv").write_text("\n".join(rows), encoding="utf-8")
    with sosie.open(folder / "shop.sosie") as catalog:
        assert catalog.index(folder / "catalog.csv").added == len(PRICES)
    shutil.copytree(folder / "shop.sosie", folder / "kept.sosie")
    return folder


def test_a_search_imports_only_what_it_needs(shop: Path) -> None:
    code = "import sys, sosie; sosie.open('shop.sosie').search('photo.jpg'); print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], cwd=shop, check=True, capture_output=True, text=True)
    imported = set(ran.stdout.split())
    assert "sosie.searching.pipeline" in imported
    others = {"learning", "duplicates", "downloading", "adaptation.whitening", "calibration.fitting", "explaining"}
    others |= {"evaluation.running", "indexing.batch", "sources.recognition", "stores.exact", "sheets.sheet"}
    assert imported & {*(f"sosie.{name}" for name in others), "ssl"} == set()


def test_the_threads_of_blas_sleep_in_a_command(shop: Path) -> None:
    code = """if True:
        import os, sys
        class Watch:
            def find_spec(name, *rest):
                if name == "numpy":
                    print(os.environ.get("OPENBLAS_THREAD_TIMEOUT"))
        sys.meta_path.insert(0, Watch)
        from sosie.cli import main
        main(["stats", "--store", "shop.sosie"], standalone_mode=False)
    """
    plain = {name: value for name, value in os.environ.items() if name != "OPENBLAS_THREAD_TIMEOUT"}
    for given in ({}, {"OPENBLAS_THREAD_TIMEOUT": "9"}):
        ran = subprocess.run(
            [sys.executable, "-c", code], cwd=shop, env={**plain, **given}, check=True, capture_output=True, text=True
        )
        assert ran.stdout.splitlines()[0] == given.get("OPENBLAS_THREAD_TIMEOUT", "4")


@pytest.fixture(scope="module")
def url(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server of the shop."""
    with ExitStack() as stack:
        own = shutil.copytree(shop / "shop.sosie", tmp_path_factory.mktemp("served") / "shop.sosie")
        yield stack.enter_context(served(Path(own))).url


@pytest.mark.parametrize("name", ["sosie", *NAMES])
def test_its_example_runs(shop: Path, url: str, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for store in ("shop.sosie", "new.sosie"):
        shutil.rmtree(shop / store, ignore_errors=True)
    shutil.copytree(shop / "kept.sosie", shop / "shop.sosie")
    monkeypatch.chdir(shop)
    text = (sosie if name == "sosie" else getattr(sosie, name)).__doc__ or ""
    test = doctest.DocTestParser().get_doctest(text, {"sosie": sosie, "url": url}, name, None, None)
    assert test.examples, f"{name} has no example"
    said: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    assert runner.run(test, out=said.append).failed == 0, "".join(said)


@pytest.mark.parametrize("remote", [False, True])
def test_an_answer_shows_itself_in_a_notebook(shop: Path, url: str, remote: bool) -> None:
    with sosie.open(url if remote else shop / "shop.sosie") as catalog:
        result = catalog.search(shop / "photo.jpg", k=2)
        page = result._repr_html_()
        assert page is not None
        assert page.count("data:image/jpeg;base64,") == 2
        assert "Thing 2" in page
        assert catalog.similar("i0", 1)._repr_html_() is not None
        [many] = catalog.search_many([shop / "photo.jpg"], k=1)
        assert "Thing 2" in many._repr_html_()  # type: ignore[operator,union-attr]
    arrived = pickle.loads(pickle.dumps(result))
    assert arrived == result
    assert arrived._repr_html_() is None


def test_nothing_of_an_answer_is_taken_for_markup() -> None:
    from sosie.sheets.html import render_result_html

    evil = "<script>alert('1')</script>\"&"
    links = ("javascript:alert(1)", 'https://shop.example/"onmouseover="x')
    match = sosie.Match(1, evil, evil, 0.5, 0.25, "a.jpg", None, links, {"title": evil}, 1)
    result = sosie.SearchResult((match,), "similar", evil, "trio", None, {})

    def gone(item_id: str) -> bytes:
        raise sosie.ItemNotFound(item_id)

    page = render_result_html(result, gone)
    assert "<script" not in page
    assert "javascript:" not in page
    assert 'href="https://shop.example/&quot;onmouseover=&quot;x"' in page
    assert ("25% same product" in page, "no picture" in page) == (True, True)
    assert "nothing comes near" in render_result_html(sosie.SearchResult((), None, "q", "trio", None, {}), gone)
