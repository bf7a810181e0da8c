"""The rules that need no network: addresses, URLs, waiting, robots, and whose turn it is."""

import heapq
import ipaddress
from collections import Counter, defaultdict
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import format_datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sosie.errors import UsageError
from sosie.images.fetch import robots, urls, waiting
from sosie.images.fetch.addresses import is_public
from sosie.images.fetch.messages import Job
from sosie.images.fetch.options import FetchOptions
from sosie.images.fetch.reasons import FetchError, Reason, in_family, status_reason
from sosie.images.fetch.scheduler import Scheduler

PRIVATE = [
    *("0.0.0.0", "10.0.0.1", "100.100.100.200", "127.0.0.1", "127.255.1.2", "169.254.169.254", "172.31.255.255"),
    *("192.168.0.1", "192.0.0.192", "198.19.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "168.63.129.16"),
    *("::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "fec0::1", "2001:db8::1", "100::1"),
    *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b:1::1"),
    *("2002:7f00:1::", "2001:0:1::1", "3fff::1", "", "localhost", "1.2.3", "0x7f000001"),
]
PUBLIC = ["1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"]


@pytest.mark.parametrize("address", PRIVATE)
def test_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_accepted(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_judged_alike_inside_every_ipv6_form(address: ipaddress.IPv4Address) -> None:
    verdict = is_public(str(address))
    assert is_public(f"::ffff:{address}") == verdict
    assert is_public(f"64:ff9b::{address}") == verdict
    if address.is_private or address.is_loopback or address.is_link_local or address.is_multicast:
        assert not verdict or address.is_global


@given(st.ip_addresses(v=6))
def test_an_ipv6_address_that_is_public_is_global_unicast(address: ipaddress.IPv6Address) -> None:
    if is_public(str(address)) and not address.ipv4_mapped:
        assert address.is_global
        assert not address.is_multicast


@given(st.text(), st.text(alphabet="abcXYZ019-_.~%!", min_size=1), st.text(alphabet="abcXYZ019-_.~%!", min_size=4))
def test_no_secret_survives_redaction(around: str, user: str, password: str) -> None:
    secret = f"s3cr3t{password}"
    shown = urls.redact(f"{around.replace('/', '')} https://{user}:{secret}@shop.example/x.jpg?w=1 {around}")
    assert secret not in shown
    assert "@shop.example/x.jpg?w=1" in shown


@pytest.mark.parametrize(
    "name", ["token", "access_token", "X-Amz-Signature", "sig", "api_key", "password", "client_secret"]
)
def test_parameters_that_carry_keys_are_hidden(name: str) -> None:
    shown = urls.redact(f"failed: https://shop.example/x.jpg?w=10&{name}=s3cr3t&h=20 and more")
    assert shown == f"failed: https://shop.example/x.jpg?w=10&{name}=***&h=20 and more"


@given(st.text())
def test_a_url_is_ready_or_invalid(text: str) -> None:
    with suppress(FetchError):
        ready = urls.ready(f"http://shop.example/{text}")
        assert ready.isascii()
        assert not set(ready) & set(" \r\n\t")
        assert urls.host_of(ready) == "shop.example"
        assert urls.ready(ready) == ready


def test_urls_are_sent_as_they_are_meant() -> None:
    assert urls.ready(" HTTP://Shop.Example:8080/a b/ü.jpg?q=é&x=%20#part ") == (
        "http://shop.example:8080/a%20b/%C3%BC.jpg?q=%C3%A9&x=%20"
    )
    assert urls.ready("https://bücher.example") == "https://xn--bcher-kva.example/"
    assert urls.follow("https://a.example/x/y.jpg", "../z.jpg") == "https://a.example/z.jpg"
    assert urls.host_of("http://anna:pw@shop.example:81/x") == "shop.example"
    assert urls.host_of("http://[::1]:81/x") == "::1"


@given(st.datetimes(datetime(1980, 1, 1), datetime(2090, 1, 1)), st.floats(0, 4e9))
def test_retry_after_reads_dates(when: datetime, now: float) -> None:
    moment = when.replace(microsecond=0, tzinfo=UTC)
    assert waiting.retry_after(format_datetime(moment, usegmt=True), now) == max(0.0, moment.timestamp() - now)


@given(st.integers(0, 10**9))
def test_retry_after_reads_seconds(seconds: int) -> None:
    assert waiting.retry_after(f" {seconds} ", now=5.0) == seconds


@given(st.text())
def test_retry_after_reads_anything_without_failing(text: str) -> None:
    seconds = waiting.retry_after(text, now=0.0)
    assert seconds is None or seconds >= 0


@given(st.integers(1, 10_000), st.floats(0.01, 10), st.floats(10, 100), st.floats(0, 1))
def test_backoff_grows_to_its_limit(attempt: int, first: float, most: float, chance: float) -> None:
    def pause(number: int) -> float:
        return waiting.backoff(number, first, most, lambda low, high: low + chance * (high - low))

    assert pause(attempt) <= pause(attempt + 1) <= most
    assert pause(attempt) >= min(most, first) / 2


@pytest.mark.parametrize(
    ("headers", "refused"),
    [
        ([], None),
        (["all"], None),
        (["noai"], "noai"),
        (["nofollow", "NoIndex"], "noindex"),
        (["otherbot: noai, noindex"], None),
        (["otherbot: noai, sosie: noimageai"], "noimageai"),
        (["sosie: none"], "none"),
        (["max-snippet: 10, noimageindex"], "noimageindex"),
        (["unavailable_after: 25 Jun 2030 15:00:00 PST"], None),
    ],
)
def test_robots_directives_for_everyone_or_for_sosie_refuse(headers: list[str], refused: str | None) -> None:
    assert robots.forbidding_directive(headers, "sosie") == refused


def test_a_status_has_a_reason_and_a_reason_has_a_family() -> None:
    assert status_reason(404) is Reason.HTTP_404
    assert status_reason(418) is Reason.HTTP_4XX
    assert status_reason(599) is Reason.HTTP_5XX
    assert status_reason(206) is Reason.HTTP_OTHER
    assert in_family("timeout_read", "timeout")
    assert not in_family("timeout_read", "time")


@pytest.mark.parametrize(
    "wrong", [{"concurrency": 0}, {"connect_timeout": 0}, {"rate": -1}, {"contact": "a\r\nX-Evil: 1"}, {"attempts": 0}]
)
def test_impossible_options_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(UsageError):
        FetchOptions(**wrong)  # type: ignore[arg-type]


class _Simulation:
    """Plays an agenda with a clock of its own; every job of a host takes as long as the host is slow."""

    def __init__(self, counts: list[int], slowness: list[float], per_host: int, interval: float) -> None:
        self.left = {f"h{n}.example": count for n, count in enumerate(counts)}
        self.slowness = dict(zip(self.left, slowness, strict=True))
        self.scheduler = Scheduler(self.take, concurrency=6, per_host=per_host, interval=interval)
        self.begun: defaultdict[str, list[float]] = defaultdict(list)
        self.running: Counter[str] = Counter()
        self.now = 0.0

    def take(self, host: str, most: int) -> list[Job]:
        count = min(most, self.left[host])
        self.left[host] -= count
        return [Job(0, f"http://{host}/{n}") for n in range(count)]

    def run(self, per_host: int) -> None:
        ends: list[tuple[float, int, str]] = []
        for host in self.left:
            self.scheduler.announce(host)
        while not self.scheduler.done:
            while job := self.scheduler.next(self.now):
                host = urls.host_of(job.target)
                self.running[host] += 1
                assert self.running[host] <= per_host
                assert sum(self.running.values()) <= 6
                self.begun[host].append(self.now)
                heapq.heappush(ends, (self.now + self.slowness[host], id(job), host))
            wake = self.scheduler.wake_at()
            if self.scheduler.done:
                return
            assert ends or wake is not None, "nothing runs and nothing will"
            end = ends[0][0] if ends else float("inf")
            self.now = max(self.now, min(end, wake if wake is not None else end))
            while ends and ends[0][0] <= self.now:
                host = heapq.heappop(ends)[2]
                self.running[host] -= 1
                self.scheduler.finished(host, self.now)


@given(
    st.lists(st.tuples(st.integers(0, 60), st.floats(0.01, 3)), min_size=1, max_size=12),
    st.integers(1, 4),
    st.sampled_from([0.0, 0.1, 1.0]),
)
def test_the_scheduler_keeps_every_limit_and_every_host(
    hosts: list[tuple[int, float]], per_host: int, interval: float
) -> None:
    counts, slowness = [count for count, _ in hosts], [slow for _, slow in hosts]
    simulation = _Simulation(counts, slowness, per_host, interval)
    simulation.run(per_host)
    assert [len(simulation.begun[host]) for host in simulation.left] == counts
    for moments in simulation.begun.values():
        assert all(b - a >= interval - 1e-9 for a, b in pairwise(moments))


def test_half_a_million_urls_of_one_slow_host_delay_no_other_host() -> None:
    simulation = _Simulation([500_000] + [5] * 50, [1.0] + [0.01] * 50, per_host=2, interval=0.0)
    slow, *quick = simulation.left

    def stop_when_quick_are_done(host: str, most: int) -> list[Job]:
        return [] if host == slow and simulation.now > 3 else _Simulation.take(simulation, host, most)

    simulation.scheduler = Scheduler(stop_when_quick_are_done, concurrency=6, per_host=2, interval=0.0)
    simulation.run(per_host=2)
    assert all(simulation.begun[host][-1] < 1.0 for host in quick)
    assert simulation.left[slow] > 499_900, "only a turn of the long queue is in memory"


def test_a_host_on_hold_waits_and_a_job_that_comes_back_goes_first() -> None:
    jobs = [Job(n, f"http://a.example/{n}") for n in range(2)]
    scheduler = Scheduler(lambda host, most: [jobs.pop(0) for _ in range(min(most, len(jobs)))], 4, 1, 0.0)
    scheduler.announce("a.example")
    first = scheduler.next(0.0)
    assert first is not None
    scheduler.hold("a.example", 10.0)
    scheduler.finished("a.example", 1.0)
    scheduler.put_back(first, 5.0)
    assert scheduler.next(6.0) is None
    assert scheduler.wake_at() == 10.0
    assert scheduler.next(10.0) is first
    assert scheduler.next(10.0) is None
    scheduler.finished("a.example", 11.0)
    assert scheduler.next(11.0) is not None
    assert not scheduler.done
    scheduler.finished("a.example", 12.0)
    assert scheduler.done


def test_a_host_that_is_not_paced_loses_no_time() -> None:
    unpaced: set[str] = set()
    jobs = [Job(n, f"http://a.example/{n}") for n in range(40)]
    scheduler = Scheduler(lambda host, most: [jobs.pop(0) for _ in range(min(most, len(jobs)))], 4, 1, 60.0, unpaced)
    scheduler.announce("a.example")
    assert scheduler.next(0.0) is not None
    scheduler.finished("a.example", 0.0)
    assert scheduler.next(1.0) is None
    unpaced.add("a.example")
    for _ in range(39):
        assert scheduler.next(60.0) is not None
        scheduler.finished("a.example", 60.0)
    assert scheduler.done
