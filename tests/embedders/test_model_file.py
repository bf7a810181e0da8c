import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import sosie
from sosie.embedders.base import text_encoder_of
from sosie.embedders.model_file import open_model_file
from sosie.embedders.registry import load
from sosie.errors import EmbedderError, EmbedderUnavailable
from sosie.types import Transform
from support.hub_models import DIM, text_graph, tokenizer
from support.pictures import draw_picture, encode
from support.pixels import draw_pixels
from support.tiny_networks import (
    SETTINGS,
    SIZE,
    write_in_other_types,
    write_model,
    write_network,
    write_pooling_network,
)


def test_settings_become_the_transform(tmp_path: Path) -> None:
    settings = {
        "size": SIZE,
        "mean": [1, 2, 3.5],
        "std": [4, 5, 6],
        "geometry": "crop",
        "crop_share": 0.875,
        "resampling": "bicubic",
        "output": "doubled",
    }
    spec = open_model_file(write_network(tmp_path / "n.onnx", settings=settings)).spec
    assert spec.transforms == (Transform(SIZE, (1, 2, 3.5), (4, 5, 6), "crop", 0.875, "bicubic"),)
    assert spec.dim == 12 + 3 * SIZE * SIZE


def test_vectors_are_those_of_the_network(tmp_path: Path) -> None:
    path = write_network(tmp_path / "n.onnx")
    embedder = open_model_file(path)
    (pixels,) = draw_pixels(embedder.spec, seeds=range(3))
    matrix, bias = (onnx.numpy_helper.to_array(weight) for weight in onnx.load(path).graph.initializer)
    expected = pixels.reshape(3, -1) @ matrix + bias
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(embedder.embed([pixels]), expected, atol=1e-5)


def test_fingerprint_changes_with_weights_transform_and_output_alone(tmp_path: Path) -> None:
    variants: dict[str, dict[str, Any]] = {
        "first": {},
        "weights": {"seed": 1},
        "mean": {"settings": SETTINGS | {"mean": [1, 0, 0]}},
        "geometry": {"settings": SETTINGS | {"geometry": "pad"}},
        "resampling": {"settings": SETTINGS | {"resampling": "lanczos"}},
        "output": {"settings": SETTINGS | {"output": "embedding"}},
    }
    prints = {
        name: open_model_file(write_network(tmp_path / f"{name}.onnx", **options)).spec.fingerprint
        for name, options in variants.items()
    }
    assert len(set(prints.values())) == len(variants)
    again = open_model_file(write_network(tmp_path / "another name.onnx")).spec
    assert again.fingerprint == prints["first"]
    explicit = SETTINGS | {"crop_share": 1, "geometry": "squash", "mean": [0.0, 0.0, 0.0]}
    spelled = open_model_file(write_network(tmp_path / "spelled.onnx", settings=explicit)).spec
    assert spelled.fingerprint == prints["first"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (None, "cannot read .*: No such file.*expected a JSON object with size, mean, std"),
        ([1], "holds .1.; expected a JSON object"),
        ({"size": SIZE, "mean": [0, 0, 0]}, "std missing; expected"),
        (SETTINGS | {"sise": 3}, "sise unknown; expected"),
        (SETTINGS | {"size": 0}, "size is 0; expected a whole number"),
        (SETTINGS | {"size": 8.0}, "size is 8.0; expected a whole number"),
        (SETTINGS | {"size": True}, "size is True"),
        (SETTINGS | {"mean": 127.5}, "mean is 127.5; expected three"),
        (SETTINGS | {"mean": [0, 0]}, "mean is .*; expected three"),
        (SETTINGS | {"mean": [0, 0, float("nan")]}, "mean is .*; expected three finite"),
        (SETTINGS | {"std": [0.229, 0.224, 0.225]}, "multiply values for 0..1 by 255"),
        (SETTINGS | {"std": [0, 1, 1]}, "std is"),
        (SETTINGS | {"geometry": "stretch"}, "geometry is 'stretch'; expected squash or crop or pad"),
        (SETTINGS | {"geometry": ["crop"]}, "geometry is"),
        (SETTINGS | {"crop_share": 1.5}, "crop_share is 1.5"),
        (SETTINGS | {"geometry": "cut"}, "expected squash or crop or pad$"),
        (SETTINGS | {"resampling": "cubic"}, "expected bilinear or bicubic or lanczos"),
        (SETTINGS | {"output": ""}, "output is ''"),
        (SETTINGS | {"output": "logits"}, "no output 'logits'; expected one of embedding, doubled"),
        (
            SETTINGS | {"size": 9},
            r"takes pixels: .*8, 8.; expected .*\(n, 3, 9, 9\) or channels last, and size in the JSON",
        ),
    ],
)
def test_wrong_settings_are_refused_with_what_was_expected(tmp_path: Path, settings: Any, message: str) -> None:
    path = write_network(tmp_path / "n.onnx", settings=settings)
    with pytest.raises(EmbedderUnavailable, match=message):
        open_model_file(path)


def test_broken_json_is_refused(tmp_path: Path) -> None:
    path = write_network(tmp_path / "n.onnx")
    for text in (b"{", b"\xff\xfe"):
        path.with_suffix(".json").write_bytes(text)
        with pytest.raises(EmbedderUnavailable, match="is not JSON"):
            open_model_file(path)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        (("n", 3 * SIZE * SIZE), r"expected float32 of shape \(n, 3, 8, 8\)"),
        (("n", 4, SIZE, 6), "expected float32"),
    ],
)
def test_wrong_input_is_refused(tmp_path: Path, shape: tuple[int | str, ...], message: str) -> None:
    with pytest.raises(EmbedderUnavailable, match=message):
        open_model_file(write_network(tmp_path / "n.onnx", input_shape=shape))


def test_free_height_and_width_are_accepted(tmp_path: Path) -> None:
    assert open_model_file(write_network(tmp_path / "n.onnx", input_shape=("n", 3, "h", "w"))).spec.dim == 12


def test_output_that_is_not_pooled_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EmbedderError, match=r"has shape \(1, 3, 8, 8\).*expected \(n, dim\)"):
        open_model_file(write_pooling_network(tmp_path / "n.onnx", pooled=False))


@pytest.mark.parametrize("data", [b"", b"<html>not found</html>"])
def test_file_that_is_no_network_is_refused(tmp_path: Path, data: bytes) -> None:
    path = write_network(tmp_path / "n.onnx")
    path.write_bytes(data)
    with pytest.raises(EmbedderUnavailable, match="is not a network that ONNX Runtime can open"):
        open_model_file(path)


@pytest.mark.parametrize("name", ["none.onnx", "."])
def test_missing_file_and_folder_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(EmbedderUnavailable, match="there is no file"):
        open_model_file(tmp_path / name)


def test_weights_in_a_file_of_another_name_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_network(tmp_path / "n.onnx")
    onnx.save_model(onnx.load(path), path, save_as_external_data=True, location="m.bin", size_threshold=0)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(EmbedderUnavailable, match=r"weights in another file, which is not there; expected n.onnx_data"):
        open_model_file(path)


@pytest.mark.parametrize("location", ["n.data", "n.onnx.data", "n.onnx_data"])
def test_weights_beside_the_file_are_read_and_count(tmp_path: Path, location: str) -> None:
    whole = open_model_file(write_network(tmp_path / "whole.onnx"))
    prints = set()
    for seed in (0, 1):
        path = write_network(tmp_path / "n.onnx", seed=seed)
        onnx.save_model(onnx.load(path), path, save_as_external_data=True, location=location, size_threshold=100)
        embedder = open_model_file(path)
        prints.add(embedder.spec.fingerprint)
        pixels = draw_pixels(embedder.spec, seeds=range(2))
        same = np.allclose(embedder.embed(pixels), whole.embed(pixels), atol=1e-6)
        assert same == (seed == 0)
        (tmp_path / location).unlink()
    assert len(prints) == 2


def test_channels_last_give_the_same(tmp_path: Path) -> None:
    embedder = open_model_file(write_network(tmp_path / "n.onnx", input_shape=("n", SIZE, SIZE, 3)))
    (pixels,) = draw_pixels(embedder.spec, seeds=range(3))
    matrix, bias = (onnx.numpy_helper.to_array(weight) for weight in onnx.load(tmp_path / "n.onnx").graph.initializer)
    expected = pixels.transpose(0, 2, 3, 1).reshape(3, -1) @ matrix + bias
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(embedder.embed([pixels]), expected, atol=1e-5)


def test_black_picture_without_direction_is_an_error(tmp_path: Path) -> None:
    embedder = open_model_file(write_pooling_network(tmp_path / "n.onnx", pooled=True))
    with pytest.raises(EmbedderError, match="zero or not finite for picture 0 of 1"):
        embedder.embed(draw_pixels(embedder.spec, seeds=[0], ground=0))


def test_settings_are_written_for_pixels_of_0_to_255(tmp_path: Path) -> None:
    path = write_network(tmp_path / "n.onnx")
    settings = json.loads(path.with_suffix(".json").read_text())
    assert open_model_file(path).spec.transforms[0].std == tuple(settings["std"])


@pytest.mark.parametrize("kind", ["int8", "bfloat16 weights"])
def test_int8_and_bfloat16_weights_agree_with_float32(tmp_path: Path, kind: str) -> None:
    whole = load(f"onnx:{write_network(tmp_path / 'whole.onnx')}")
    narrow = load(f"onnx:{write_in_other_types(tmp_path / 'narrow.onnx', kind)}")
    pixels = draw_pixels(whole.spec, seeds=range(3))
    assert np.einsum("nd,nd->n", whole.embed(pixels), narrow.embed(pixels)).min() > 0.999


def test_a_graph_that_computes_in_bfloat16_says_what_to_export(tmp_path: Path) -> None:
    with pytest.raises(EmbedderUnavailable, match="export it in float32, float16 or int8; weights alone may be bfloat"):
        load(f"onnx:{write_in_other_types(tmp_path / 'narrow.onnx', 'bfloat16')}")


TEXT = {"graph": "text.onnx", "template": "a photo of {}", "pad_token": "</s>"}


def write_with_words(folder: Path, **changes: Any) -> str:
    """A network of eight numbers with a text side beside it."""
    text = {**TEXT, **changes}
    path = write_network(folder / "both.onnx", dim=DIM, settings={**SETTINGS, "text": text})
    (folder / "text.onnx").write_bytes(text_graph())
    (folder / "tokenizer.json").write_bytes(tokenizer())
    return f"onnx:{path}"


def test_a_text_side_is_read_as_the_json_says(tmp_path: Path) -> None:
    name = write_with_words(tmp_path)
    encoder = text_encoder_of(load(name))
    assert encoder is not None
    red, blue, again = encoder.embed_words(["red shoe", "blue lamp", "red shoe"])
    np.testing.assert_array_equal(red, again)
    assert float(red @ red) == pytest.approx(1, abs=1e-6)
    assert float(red @ blue) < 0.99
    plain = text_encoder_of(load(write_with_words(tmp_path, template="{}")))
    assert plain is not None
    np.testing.assert_array_equal(plain.embed_words(["a photo of red shoe"])[0], red)
    filled = text_encoder_of(load(write_with_words(tmp_path, always=True, length=20)))
    assert filled is not None
    assert float(filled.embed_words(["red shoe"])[0] @ red) < 0.999
    assert text_encoder_of(load(f"onnx:{write_network(tmp_path / 'mute.onnx')}")) is None


def test_its_words_find_and_steer_in_a_catalog(tmp_path: Path) -> None:
    name = write_with_words(tmp_path)
    (tmp_path / "pictures").mkdir()
    for seed in range(4):
        (tmp_path / "pictures" / f"{seed}.png").write_bytes(encode(draw_picture(seed, (40, 40)), "PNG"))
    with sosie.Catalog(tmp_path / "s.sosie", embedder=name) as catalog:
        catalog.index(tmp_path / "pictures", details=False)
        assert len(catalog.search_text("red shoe").matches) == 4
        assert catalog.search(tmp_path / "pictures" / "1.png", text="red shoe", weight=0.4).matches


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"graph": "none.onnx"}, r"there is no file .*none.onnx, which is in .*both.json"),
        ({"tokenizer": "none.json"}, r"there is no file .*none.json"),
        ({"output": "nothing"}, "has no output 'nothing'; expected one of text_embeds"),
    ],
)
def test_a_text_side_that_lacks_something_says_what(tmp_path: Path, changes: dict[str, str], message: str) -> None:
    embedder = load(write_with_words(tmp_path, **changes))
    with pytest.raises(EmbedderUnavailable, match=message):
        text_encoder_of(embedder)


@pytest.mark.parametrize("text", ["text.onnx", {}, {"graph": ""}, {**TEXT, "length": 1}, {**TEXT, "more": 1}])
def test_settings_of_words_are_checked_at_once(tmp_path: Path, text: Any) -> None:
    path = write_network(tmp_path / "both.onnx", settings={**SETTINGS, "text": text})
    with pytest.raises(EmbedderUnavailable, match=r"text is .*; expected an object with graph"):
        load(f"onnx:{path}")


def test_a_graph_of_two_pictures_is_refused_as_one(tmp_path: Path) -> None:
    pictures = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ("n", 3, SIZE, SIZE)) for name in "ab"]
    nodes = [helper.make_node("Add", ["a", "b"], ["sum"]), helper.make_node("Flatten", ["sum"], ["embedding"])]
    graph = helper.make_graph(nodes, "two", pictures, [helper.make_empty_tensor_value_info("embedding")])
    with pytest.raises(EmbedderUnavailable, match=r"takes 2 pictures at once .*, not one"):
        load(f"onnx:{write_model(tmp_path / 'two.onnx', graph)}")


def test_free_sides_are_fed_with_the_size_of_the_json(tmp_path: Path) -> None:
    free = load(f"onnx:{write_network(tmp_path / 'free.onnx', ('n', 3, 'h', 'w'))}")
    fixed = load(f"onnx:{write_network(tmp_path / 'fixed.onnx')}")
    pixels = draw_pixels(fixed.spec, seeds=range(2))
    np.testing.assert_array_equal(free.embed(pixels), fixed.embed(pixels))
