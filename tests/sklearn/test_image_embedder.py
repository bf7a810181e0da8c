import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.utils import estimator_checks as checks

from sosie.embedders.registry import load
from sosie.errors import ImageError, UnknownEmbedder, UsageError
from sosie.images.transform import pixels_of
from sosie.sklearn import ImageEmbedder
from support.pictures import draw_picture, encode
from support.tiny_networks import write_network


@pytest.fixture
def tiny(tmp_path: Path) -> str:
    """The name of a network of a few numbers."""
    return f"onnx:{write_network(tmp_path / 'n.onnx')}"


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    made = [tmp_path / f"{seed}.png" for seed in range(5)]
    for seed, path in enumerate(made):
        path.write_bytes(encode(draw_picture(seed, (60, 40)), "PNG"))
    return made


APPLICABLE: list[Callable[[str, ImageEmbedder], None]] = [
    checks.check_no_attributes_set_in_init,
    checks.check_do_not_raise_errors_in_init_or_set_params,
    checks.check_get_params_invariance,
    checks.check_set_params,
    checks.check_estimator_cloneable,
    checks.check_estimator_repr,
    checks.check_mixin_order,
    checks.check_parameters_default_constructible,
]
"""scikit-learn's own checks, but for those that give an estimator tables of numbers."""


@pytest.mark.parametrize("check", APPLICABLE, ids=lambda check: check.__name__)
def test_estimator_keeps_the_rules_of_scikit_learn(check: Callable[[str, ImageEmbedder], None]) -> None:
    check("ImageEmbedder", ImageEmbedder())


def test_vectors_are_those_of_the_embedder_whatever_the_batch(tiny: str, paths: list[Path]) -> None:
    network = load(tiny)
    pictures = [draw_picture(seed, (60, 40)) for seed in range(5)]
    expected = network.embed(pixels_of(pictures, network.spec.transforms))
    for size in (None, 1, 2, 99):
        got = ImageEmbedder(tiny, batch_size=size).fit(paths).transform(paths)
        np.testing.assert_allclose(got, expected, atol=1e-5)
    assert got.dtype == np.float32


def test_paths_bytes_pictures_and_arrays_are_pictures(tiny: str, paths: list[Path]) -> None:
    embedder = ImageEmbedder(tiny)
    arrays = np.stack([np.asarray(draw_picture(seed, (60, 40))) for seed in range(2)])
    mixed = [str(paths[0]), paths[0], paths[0].read_bytes(), draw_picture(0, (60, 40)), arrays[0]]
    rows = embedder.transform(mixed)
    np.testing.assert_allclose(rows, np.repeat(rows[:1], 5, axis=0), atol=1e-6)
    np.testing.assert_allclose(embedder.transform(arrays), embedder.transform(paths[:2]), atol=1e-6)


def test_pipeline_of_a_few_lines_classifies(tiny: str, paths: list[Path]) -> None:
    labels = ["a", "b", "c", "d", "e"]
    classifier = make_pipeline(ImageEmbedder(tiny), KNeighborsClassifier(1)).fit(paths, labels)
    assert list(classifier.predict(paths)) == labels
    assert list(classifier[:-1].get_feature_names_out()[:2]) == ["imageembedder0", "imageembedder1"]
    assert len(classifier[:-1].get_feature_names_out()) == 12


def test_clones_and_pickles_do_not_carry_the_network(tiny: str, paths: list[Path]) -> None:
    used = ImageEmbedder(tiny, batch_size=2).fit(paths)
    expected = used.transform(paths)
    for copy in (clone(used), pickle.loads(pickle.dumps(used))):
        assert copy.get_params() == used.get_params()
        assert "_opened" not in vars(copy)
        np.testing.assert_array_equal(copy.transform(paths), expected)


def test_changed_parameters_open_another_network(tiny: str, tmp_path: Path, paths: list[Path]) -> None:
    embedder = ImageEmbedder(tiny)
    first = embedder.transform(paths)
    embedder.set_params(embedder=f"onnx:{write_network(tmp_path / 'other.onnx', seed=1)}")
    assert np.abs(embedder.transform(paths) - first).max() > 0.01


def test_nothing_gives_no_rows_and_errors_are_clear(tiny: str, paths: list[Path]) -> None:
    embedder = ImageEmbedder(tiny)
    assert embedder.transform([]).shape == (0, 12)
    with pytest.raises(ImageError):
        embedder.transform([b"no picture"])
    with pytest.raises(UsageError, match="expected several pictures"):
        embedder.transform(str(paths[0]))
    with pytest.raises(UnknownEmbedder):
        ImageEmbedder("no such network").fit(paths)


def test_sosie_itself_does_not_import_scikit_learn() -> None:
    code = "import sys, sosie, sosie.catalog.local, sosie.cli.main; sys.exit('sklearn' in sys.modules)"
    source = Path(__file__).resolve().parents[2] / "src"
    assert subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(source)}, check=False).returncode == 0
