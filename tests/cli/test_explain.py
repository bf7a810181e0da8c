"""``sosie search --explain`` draws why, for one query at a time."""

from pathlib import Path
from typing import Any

from sosie.images.decode import decode

Sosie = Any


def test_the_reasons_are_a_picture(sosie: Sosie, shop: Path, pictures: Path, tmp_path: Path) -> None:
    why = tmp_path / "made" / "why.png"
    result = sosie("search", pictures / "5.jpg", "--store", shop, "--explain", why)
    assert result.exit_code == 0, result.output
    all_of_it = decode(why.read_bytes())
    single = tmp_path / "one.png"
    sosie("search", pictures / "5.jpg", "--store", shop, "-k", 1, "--explain", single)
    assert all_of_it.width == decode(single.read_bytes()).width
    assert all_of_it.height > 2 * decode(single.read_bytes()).height


def test_reasons_are_for_one_query(sosie: Sosie, shop: Path, pictures: Path, tmp_path: Path) -> None:
    why = tmp_path / "why.png"
    two = (pictures / "5.jpg", pictures / "6.jpg")
    refused = sosie("search", *two, "--store", shop, "--explain", why)
    assert (refused.exit_code, "one query" in refused.stderr) == (2, True)
    assert not why.exists()
    assert sosie("search", *two, "--together", "--store", shop, "--explain", why).exit_code == 0
    assert why.exists()
