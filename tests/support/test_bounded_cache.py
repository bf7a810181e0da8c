"""A cache of computed bytes: bounded, and never the reason that something fails."""

from pathlib import Path
from threading import Thread

import pytest

from sosie.support.bounded_cache import BoundedCache


def test_what_was_written_is_read_and_the_last_word_counts(tmp_path: Path) -> None:
    cache = BoundedCache(tmp_path / "photos.cache")
    assert cache.read(["a"]) == {}
    cache.write({"a": b"1", "b": b"2"})
    cache.write({"a": b"3"})
    again = BoundedCache(tmp_path / "photos.cache")
    assert again.read(["b", "a", "c"]) == {"a": b"3", "b": b"2"}
    assert again.read([]) == {}


def test_it_never_grows_beyond_its_bound_and_keeps_the_newest(tmp_path: Path) -> None:
    cache = BoundedCache(tmp_path / "photos.cache", most_bytes=1 << 20)
    for number in range(100):
        cache.write({str(number): bytes(50_000)})
    assert (tmp_path / "photos.cache").stat().st_size < (1 << 20) + 200_000
    kept = {int(key) for key in cache.read([str(number) for number in range(100)])}
    assert kept == set(range(min(kept), 100))
    assert len(kept) >= 10


def test_more_keys_than_a_statement_takes(tmp_path: Path) -> None:
    cache = BoundedCache(tmp_path / "photos.cache")
    entries = {str(number): bytes([number % 256]) for number in range(1_200)}
    cache.write(entries)
    assert cache.read(list(entries)) == entries


@pytest.mark.parametrize("content", [b"", b"this is no database at all, and it is longer than a header " * 9])
def test_a_damaged_file_costs_only_what_it_would_have_saved(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "photos.cache"
    file.write_bytes(content)
    cache = BoundedCache(file)
    assert cache.read(["a"]) == {}
    cache.write({"a": b"1"})
    assert cache.read(["a"]) in ({}, {"a": b"1"})


def test_a_folder_that_is_gone_is_not_made_again(tmp_path: Path) -> None:
    cache = BoundedCache(tmp_path / "gone" / "photos.cache")
    cache.write({"a": b"1"})
    assert cache.read(["a"]) == {}
    assert not (tmp_path / "gone").exists()


def test_threads_that_write_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    cache = BoundedCache(tmp_path / "photos.cache")
    threads = [Thread(target=lambda n=n: cache.write({f"{n} {m}": b"x" for m in range(20)})) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(cache.read([f"{n} {m}" for n in range(8) for m in range(20)])) == 160
