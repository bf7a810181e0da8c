import pytest

from sosie.demo import draw_catalogue, draw_customer_photos
from support.shop import Shop, read_table


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The whole demo, drawn once for all tests."""
    folder = tmp_path_factory.mktemp("demo shop")
    return Shop(folder, read_table(draw_catalogue(folder)), read_table(draw_customer_photos(folder)))
