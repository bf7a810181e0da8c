import pytest

from sosie.support.wording import amount


@pytest.mark.parametrize(
    ("number", "thing", "told"),
    [
        (0, "item", "0 items"),
        (1, "item", "1 item"),
        (2, "item", "2 items"),
        (1, "query", "1 query"),
        (12_345, "query", "12,345 queries"),
    ],
)
def test_one_thing_is_singular_and_any_other_number_plural(number: int, thing: str, told: str) -> None:
    assert amount(number, thing) == told
