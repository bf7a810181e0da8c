"""How the manifest describes the standby network of a migration."""

from dataclasses import replace

from sosie.knowledge.generations import first_manifest, without_standby
from sosie.knowledge.migration import read_standby, with_networks_swapped, with_standby
from support.learning import SPEC

OTHER = replace(SPEC, weights_sha256="1" * 64)


def test_stores_keep_the_keys_of_earlier_versions() -> None:
    filling = with_standby(first_manifest(SPEC), OTHER)
    entry = filling.settings["beside"]
    assert set(entry) == {"embedder", "own", "active", "adaptations", "answered"}
    assert (entry["embedder"]["fingerprint"], entry["answered"]) == (OTHER.fingerprint, False)
    swapped = with_networks_swapped(filling, OTHER.fingerprint)
    entry = swapped.settings["beside"]
    assert (entry["embedder"]["fingerprint"], entry["answered"]) == (SPEC.fingerprint, True)


def test_swapping_twice_searches_with_the_first_network_again() -> None:
    first = with_standby(first_manifest(SPEC), OTHER)
    again = with_networks_swapped(with_networks_swapped(first, OTHER.fingerprint), SPEC.fingerprint)
    standby = read_standby(again)
    assert standby is not None
    assert (standby.embedder.fingerprint, standby.was_active) == (OTHER.fingerprint, True)
    assert (again.embedder, again.active) == (first.embedder, first.active)
    assert read_standby(without_standby(again)) is None
