from pathlib import Path

import pytest

from support.shop import Shop, read_table


@pytest.fixture(scope="session")
def shop(drawn_demo: Path) -> Shop:
    """The whole demo."""
    return Shop(drawn_demo, read_table(drawn_demo / "catalog.csv"), read_table(drawn_demo / "photos.csv"))
