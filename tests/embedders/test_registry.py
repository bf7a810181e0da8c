import subprocess
import sys
from pathlib import Path

import pytest

from sosie.embedders.registry import DEFAULT, load, names
from sosie.errors import EmbedderUnavailable, UnknownEmbedder
from support.tiny_networks import write_network


def test_default_is_one_of_the_names() -> None:
    assert DEFAULT in names()
    assert load().spec.name == DEFAULT


@pytest.mark.parametrize("name", names())
def test_spec_carries_the_name_that_loads_it(name: str) -> None:
    assert load(name).spec.name == name
    assert load(load(name).spec.name).spec == load(name).spec


def test_tag_names_the_same_network() -> None:
    assert load("mobilenet_v2.imagenet").spec.fingerprint == load("mobilenet_v2").spec.fingerprint


def test_trio_is_the_three_networks_joined() -> None:
    joined = load("mobilenet_v2+efficientnet_lite0+efficientnet_lite2").spec
    assert load("trio").spec.fingerprint == joined.fingerprint
    assert joined.name == "mobilenet_v2+efficientnet_lite0+efficientnet_lite2"
    assert (joined.dim, [transform.size for transform in joined.transforms]) == (3840, [224, 224, 260])


def test_fingerprints_of_all_names_differ() -> None:
    assert len({load(name).spec.fingerprint for name in names()}) == len(names())


def test_order_of_joined_parts_counts() -> None:
    item, other = "mobilenet_v2+efficientnet_lite0", "efficientnet_lite0+mobilenet_v2"
    assert load(item).spec.fingerprint != load(other).spec.fingerprint


@pytest.mark.parametrize(
    ("asked", "hint"),
    [
        ("mobilenetv2", "did you mean mobilenet_v2"),
        ("MobileNet_V2", "did you mean mobilenet_v2"),
        ("mobilenet_v2.openimages", "did you mean mobilenet_v2"),
        ("mobilenet_v2.", "did you mean mobilenet_v2"),
        ("trio+tri", "'tri' in 'trio+tri'; did you mean trio"),
        ("clip", "known: mobilenet_v2, efficientnet_lite0"),
        ("", "known: mobilenet_v2"),
        ("mobilenet_v2+", "'' in 'mobilenet_v2+'"),
    ],
)
def test_unknown_name_is_answered_with_near_ones(asked: str, hint: str) -> None:
    with pytest.raises(UnknownEmbedder) as caught:
        load(asked)
    assert hint in str(caught.value)


def test_duo_is_the_quickest_network_and_lite1() -> None:
    assert load("duo").spec.fingerprint == load("mobilenet_v2+efficientnet_lite1").spec.fingerprint
    assert load("duo").spec.dim == 2560


def test_trio_may_be_a_part_of_a_join() -> None:
    assert load("trio+mobilenet_v2").spec.dim == 4 * 1280


def test_own_network_keeps_an_absolute_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_network(tmp_path / "mine.onnx")
    monkeypatch.chdir(tmp_path)
    name = f"onnx:{(tmp_path / 'mine.onnx').resolve()}"
    assert load("onnx:mine.onnx").spec.name == name
    assert load("onnx:mine.onnx+mobilenet_v2").spec.name == f"{name}+mobilenet_v2"


def test_path_with_a_plus_in_it_is_one_network(tmp_path: Path) -> None:
    path = write_network(tmp_path / "mine + yours ü.onnx")
    assert load(f"onnx:{path}").spec.dim == 12


def test_missing_own_network_is_unavailable_not_unknown(tmp_path: Path) -> None:
    with pytest.raises(EmbedderUnavailable, match="no file"):
        load(f"onnx:{tmp_path / 'none.onnx'}")


def test_names_and_specs_need_no_runtime() -> None:
    code = (
        "import sys, sosie.embedders.registry as r; r.load('trio').spec.fingerprint; "
        "sys.exit(any(name in sys.modules for name in ('onnxruntime', 'PIL', 'numkong')))"
    )
    source = Path(__file__).resolve().parents[2] / "src"
    done = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(source)}, check=False)
    assert done.returncode == 0


def test_the_runtime_sends_no_reports_and_leaves_no_files_at_home(tmp_path: Path) -> None:
    code = (
        "import os, numpy as np, sosie.embedders.registry as r; "
        "r.load('mobilenet_v2').embed([np.zeros((1, 3, 224, 224), np.float32)]); "
        "assert os.environ['ORT_DISABLE_TELEMETRY'] == '1'"
    )
    source = Path(__file__).resolve().parents[2] / "src"
    where = {"PYTHONPATH": str(source), "HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([sys.executable, "-c", code], env=where, check=True)
    assert list(tmp_path.rglob("*")) == []
