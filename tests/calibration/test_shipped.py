"""Every bundled embedder has a calibration of its own, and none of them boasts."""

import pytest

from sosie.calibration.features import confidence_features
from sosie.calibration.shipped import shipped_for
from sosie.embedders.bundled import NETWORKS
from sosie.embedders.registry import JOINS, load

NAMES = (*NETWORKS, *JOINS, "mobilenet_v2+efficientnet_lite0")


@pytest.mark.parametrize("name", NAMES)
def test_it_is_found_by_fingerprint_and_generation(name):
    fingerprint = load(name).spec.fingerprint
    results = shipped_for(fingerprint, "embedding@1")
    assert results is not None
    assert results.provisional
    assert results.quality.error < 0.06
    assert shipped_for(fingerprint, "embedding@2") is None


@pytest.mark.parametrize("name", NAMES)
def test_a_closer_and_lonelier_answer_is_more_probable_but_no_match(name):
    result = shipped_for(load(name).spec.fingerprint, "embedding@1")
    unsure = result.same_product(confidence_features([0.62, 0.61, 0.60, 0.59, 0.58]))[0]
    sure = result.same_product(confidence_features([0.92, 0.45, 0.44, 0.43, 0.42]))[0]
    assert sure > 0.65 > unsure + 0.1
    assert result.verdict(sure) == "similar"


def test_an_unknown_network_has_no_shipped_calibration():
    assert shipped_for("0123456789abcdef", "embedding@1") is None
