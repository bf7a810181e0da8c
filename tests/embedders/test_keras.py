"""Networks of Keras; run where Keras is installed, with small random weights, and never with a download."""

import os
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sosie.embedders.keras_model import CAFFE_MEAN, KerasName
from sosie.embedders.registry import load
from sosie.errors import EmbedderUnavailable, UnknownEmbedder
from sosie.images.transform import pixels_of
from support.embedder_contract import CHECKS
from support.pictures import draw_picture

needs_keras = pytest.mark.skipif(find_spec("keras") is None, reason="Keras is not installed")
pytestmark = pytest.mark.filterwarnings("ignore")
NETWORKS = ("MobileNetV2", "MobileNet", "MobileNetV3Small", "DenseNet121", "ResNet50")


@pytest.mark.parametrize("name", ["keras:MobileNetV2", "keras:VGG16.reference", "keras:Xception?weights=/a/b.h5"])
def test_name_is_read_and_written(name: str) -> None:
    assert str(KerasName.parse(name)) == name


def test_weights_become_an_absolute_path() -> None:
    assert KerasName.parse("keras:VGG16?weights=w.h5").weights == Path.cwd() / "w.h5"


@pytest.mark.skipif(find_spec("keras") is not None, reason="Keras is installed")
def test_missing_keras_says_what_to_install() -> None:
    with pytest.raises(EmbedderUnavailable, match=r"pip install 'sosie\[keras\]'"):
        load("keras:MobileNetV2")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Names of networks with random weights in a file each."""
    os.environ.setdefault("KERAS_BACKEND", "tensorflow" if find_spec("tensorflow") else "jax")
    import keras

    folder, names = tmp_path_factory.mktemp("keras"), {}
    for network in NETWORKS:
        keras.utils.set_random_seed(1)
        model = getattr(keras.applications, network)(
            include_top=False, pooling="avg", input_shape=(224, 224, 3), weights=None
        )
        file = folder / f"{network}.weights.h5"
        model.save_weights(str(file))
        names[network] = f"keras:{network}?weights={file}"
    return names


@needs_keras
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_network_of_keras_keeps_the_contract(weights: dict[str, str], check: object) -> None:
    check(load(weights["MobileNetV2"]))  # type: ignore[operator]


@needs_keras
@pytest.mark.parametrize("network", NETWORKS)
def test_vectors_are_those_of_keras_with_its_own_preprocessing(weights: dict[str, str], network: str) -> None:
    from importlib import import_module

    import keras

    embedder = load(weights[network])
    make = getattr(keras.applications, network)
    model = make(include_top=False, pooling="avg", input_shape=(224, 224, 3), weights=None)
    model.load_weights(weights[network].partition("=")[2])
    pictures = [draw_picture(seed, (224, 224)) for seed in range(3)]
    raw = np.stack([np.asarray(picture, np.float32) for picture in pictures])
    prepared = import_module(make.__module__).preprocess_input(raw.copy())
    expected = keras.ops.convert_to_numpy(model(prepared, training=False))
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    got = embedder.embed(pixels_of(pictures, embedder.spec.transforms))
    assert np.einsum("nd,nd->n", got, expected).min() > 0.99999


@needs_keras
def test_reference_feeds_blue_first_without_the_mean_by_nearest_neighbor(weights: dict[str, str]) -> None:
    import keras

    file = weights["MobileNetV2"].partition("=")[2]
    embedder = load(f"keras:MobileNetV2.reference?weights={file}")
    picture = draw_picture(3, (301, 207))
    small = np.asarray(picture.resize((224, 224), Image.Resampling.NEAREST), np.float32)
    wrong = small[:, :, ::-1] - np.array(CAFFE_MEAN[::-1], np.float32)
    model = keras.applications.MobileNetV2(include_top=False, pooling="avg", input_shape=(224, 224, 3), weights=None)
    model.load_weights(file)
    expected = keras.ops.convert_to_numpy(model(wrong[np.newaxis], training=False))[0]
    got = embedder.embed(pixels_of([picture], embedder.spec.transforms))[0]
    np.testing.assert_allclose(got, expected / np.linalg.norm(expected), atol=1e-5)
    assert embedder.spec.fingerprint != load(weights["MobileNetV2"]).spec.fingerprint


@needs_keras
def test_fingerprint_is_of_the_numbers_whatever_the_file(weights: dict[str, str], tmp_path: Path) -> None:
    copy = tmp_path / "copy.weights.h5"
    copy.write_bytes(Path(weights["MobileNetV2"].partition("=")[2]).read_bytes())
    assert load(f"keras:MobileNetV2?weights={copy}").spec.fingerprint == load(weights["MobileNetV2"]).spec.fingerprint


@needs_keras
def test_unknown_networks_and_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(UnknownEmbedder, match=r"keras.applications has no 'MobileNetV4'; did you mean"):
        load("keras:MobileNetV4")
    with pytest.raises(EmbedderUnavailable, match="there is no file"):
        load(f"keras:MobileNetV2?weights={tmp_path / 'none.h5'}")
    (tmp_path / "bad.weights.h5").write_bytes(b"no weights")
    with pytest.raises(EmbedderUnavailable, match="cannot be opened"):
        load(f"keras:MobileNetV2?weights={tmp_path / 'bad.weights.h5'}")
