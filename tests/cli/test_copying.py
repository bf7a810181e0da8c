from pathlib import Path
from typing import Any

Sosie = Any


def test_a_catalog_is_copied_and_the_copy_goes_on_where_it_stopped(sosie: Sosie, shop: Path, tmp_path: Path) -> None:
    copied = sosie("copy", "--from", shop, "--to", tmp_path / "copy.sosie")
    assert copied.exit_code == 0, copied.output
    assert "12 copied, 0 already there, 0 rejected" in copied.stdout
    assert "0 copied, 12 already there" in sosie("copy", "--from", shop, "--to", tmp_path / "copy.sosie").stdout


def test_a_catalog_is_not_copied_onto_itself(sosie: Sosie, shop: Path, tmp_path: Path) -> None:
    (tmp_path / "link.sosie").symlink_to(shop)
    for target in (shop, f"{shop}/", tmp_path / "link.sosie"):
        result = sosie("copy", "--from", shop, "--to", target)
        assert result.exit_code == 2
        assert f"--from and --to are the same catalog, {shop}: give another target" in " ".join(result.stderr.split())
