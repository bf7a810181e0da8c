"""Every source keeps the contract, whatever it reads."""

from collections.abc import Callable
from itertools import chain
from pathlib import Path

import pytest

from sosie.errors import UsageError
from sosie.sources.base import Source
from sosie.sources.opening import open_source
from sosie.sources.streamed import StreamedSource
from sosie.types import Item, Rejection
from support.tables import items, write_csv, write_furniture, write_jsonl, write_parquet, write_product

N = 60
ROWS = [{"item_id": f"id-{n}", "image": f"{n}.jpg", "price": n} for n in range(N)]
DOUBLED = [*ROWS, {"item_id": "id-7", "image": "again.jpg", "price": 1}, {"item_id": "x", "image": "", "price": 1}]
IMAGES = [{"image_id": n, "url": [f"http://h/{n}.jpg"]} for n in (*range(N), 7, None)]


def folder(at: Path) -> Source:
    for n in range(N):
        place = at / f"sub{n % 3}" / f"{n}.jpg"
        place.parent.mkdir(exist_ok=True)
        place.touch()
    (at / "cafe\u0301.jpg").touch()
    (at / "caf\u00e9.jpg").touch()
    (at / "gone.jpg").symlink_to(at / "nowhere.jpg")
    return open_source(at)


def product(at: Path) -> Source:
    rows = [{"id": f"{n:032x}.jpg", "url": f"http://h/{n}.jpg", "class": n % 5} for n in (*range(N), 7)]
    return open_source(write_product(at / "train.json", [*rows, {"id": "x.jpg", "url": ""}]))


def furniture(at: Path) -> Source:
    annotations = [{"image_id": n, "label_id": n % 5} for n in range(N)]
    return open_source(write_furniture(at / "train.json", IMAGES, annotations))


SOURCES: dict[str, Callable[[Path], Source]] = {
    "folder": folder,
    "csv": lambda at: open_source(write_csv(at / "t.csv", DOUBLED)),
    "jsonl": lambda at: open_source(write_jsonl(at / "t.jsonl", DOUBLED)),
    "json array": lambda at: open_source(_array(at / "t.json")),
    "parquet": lambda at: open_source(write_parquet(at / "t.parquet", DOUBLED)),
    "product 2019": product,
    "furniture 2018": furniture,
}


def _array(path: Path) -> Path:
    path.write_text("[" + ",".join(write_jsonl(path, DOUBLED).read_text().splitlines()) + "]")
    return path


@pytest.fixture(params=SOURCES)
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Source:
    return SOURCES[request.param](tmp_path)


def test_a_source_yields_the_same_items_each_time(source: Source) -> None:
    assert list(source) == list(source)


def test_count_is_the_number_of_items_that_a_source_yields(source: Source) -> None:
    assert source.count() == len(list(source)) == N + (3 if "folder" in str(source) else 2)


def test_item_ids_occur_once_and_the_second_is_rejected(source: Source) -> None:
    ids = [item.item_id for item in items(source)]
    assert len(ids) == len(set(ids)) >= N
    assert sum(isinstance(entry, Rejection) and "occurred before" in entry.reason for entry in source) == 1


def test_a_row_that_is_no_item_is_rejected_with_its_place(source: Source) -> None:
    (rejection,) = (entry for entry in source if isinstance(entry, Rejection) and "occurred before" not in entry.reason)
    assert rejection.stage == "source"
    assert rejection.reason


@pytest.mark.parametrize("total", [1, 2, 7])
def test_shards_are_disjoint_and_together_complete(source: Source, total: int) -> None:
    shards = [list(source.shard(index, total)) for index in range(total)]
    assert sorted(map(repr, chain(*shards))) == sorted(map(repr, source))
    order = [repr(entry) for entry in source]
    assert all(
        [order.index(repr(entry)) for entry in shard] == sorted(order.index(repr(entry)) for entry in shard)
        for shard in shards
    )
    assert [source.shard(index, total).count() for index in range(total)] == [len(shard) for shard in shards]


def test_a_shard_says_which_part_it_is(source: Source) -> None:
    assert str(source.shard(1, 3)) == f"part 1/3 of {source}"
    assert str(source.shard(1, 2).shard(2, 3)) == f"part 5/6 of {source}"
    assert str(source.shard(0, 1)) == str(source)


def test_a_shard_can_be_split_again(source: Source) -> None:
    parts = [list(source.shard(1, 2).shard(index, 3)) for index in range(3)]
    assert sorted(map(repr, chain(*parts))) == sorted(map(repr, source.shard(1, 2)))
    assert sum(bool(part) for part in parts) == 3


@pytest.mark.parametrize(("index", "total"), [(2, 2), (-1, 2), (0, 0), (0, -1)])
def test_a_part_that_is_not_there_is_refused(source: Source, index: int, total: int) -> None:
    with pytest.raises(UsageError, match="expected"):
        source.shard(index, total)


def test_shards_deal_evenly_and_stay_when_rows_are_added(tmp_path: Path) -> None:
    def shard(rows: int) -> set[str]:
        table = [{"item_id": n, "image": "x.jpg"} for n in range(rows)]
        return {item.item_id for item in items(open_source(write_csv(tmp_path / "t.csv", table)).shard(0, 4))}

    few, many = shard(1000), shard(1100)
    assert few == {entry for entry in many if int(entry) < 1000}
    assert 200 < len(few) < 300


def test_shards_do_not_change_from_version_to_version(tmp_path: Path) -> None:
    table = open_source(write_csv(tmp_path / "t.csv", ROWS[:12]))
    assert [item.item_id for item in items(table.shard(0, 3))] == SHARD_0_OF_3


SHARD_0_OF_3 = ["id-1", "id-9", "id-10"]


def test_an_unfinished_reading_leaves_nothing_open(source: Source) -> None:
    reading = iter(source)
    assert isinstance(next(reading), Item)
    del reading


def test_a_source_has_a_readable_name(source: Source) -> None:
    assert str(source).startswith("the ")


def test_a_part_is_idle_where_only_other_parts_hold_something(source: Source) -> None:
    assert isinstance(source, StreamedSource)
    parts = [source.shard(index, 100) for index in range(100)]
    idle = next(part for part in parts if not list(part))
    busy = next(part for part in parts if list(part))
    assert (idle.is_idle_part(), busy.is_idle_part(), source.is_idle_part()) == (True, False, False)
