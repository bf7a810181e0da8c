import logging
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper

from sosie.catalog.local import Catalog
from sosie.embedders.hub.address import HubAddress, with_options
from sosie.embedders.hub.reading import FAMILIES
from sosie.embedders.registry import load
from sosie.errors import EmbedderError, EmbedderMismatch, EmbedderUnavailable, UnknownEmbedder, UsageError
from support.hub_models import (
    MODELS,
    PATCH,
    SIDE,
    TOKENS,
    joint_graph,
    repository,
    vision_graph,
    with_external_data,
)
from support.hub_server import FakeHub, Repository
from support.pixels import draw_pixels

NAME = "hub:acme/tiny"
DOCS = Path(__file__).parents[3] / "docs" / "embedders.md"


def vectors(name: str = NAME) -> np.ndarray:
    embedder = load(name)
    return embedder.embed(draw_pixels(embedder.spec, seeds=range(3)))


def renamed(files: dict[str, bytes], old: str, new: str) -> dict[str, bytes]:
    return {new if name == old else name: data for name, data in files.items()}


def test_name_is_pinned_to_the_commit_and_opens_the_same(hub: FakeHub) -> None:
    commit = hub.add("acme/tiny", repository())
    pinned = f"{NAME}@{commit}"
    assert load(NAME).spec.name == pinned
    hub.add("acme/tiny", {**repository(), "onnx/vision_model.onnx": vision_graph(MODELS["clip"][0], seed=1)})
    assert load(pinned).spec.fingerprint != load(NAME).spec.fingerprint


def test_only_what_is_needed_is_downloaded_and_only_once(hub: FakeHub) -> None:
    commit = hub.add("acme/tiny", repository())
    load(NAME)
    assert sorted(hub.downloads) == ["config.json", "preprocessor_config.json", "vision_model.onnx"]
    hub.requests.clear()
    load(f"{NAME}@{commit}")
    assert hub.requests == []


def test_fingerprint_is_of_weights_and_transform_alone(hub: FakeHub) -> None:
    hub.add("acme/tiny", repository())
    hub.add("other/copy", {**repository(), "README.md": b"another text"})
    hub.add("acme/wide", repository(image_mean=[0.5, 0.5, 0.5]))
    prints = {name: load(f"hub:{name}").spec.fingerprint for name in ("acme/tiny", "other/copy", "acme/wide")}
    assert prints["acme/tiny"] == prints["other/copy"] != prints["acme/wide"]


READINGS = {
    "clip": ("image_embeds", "none"),
    "clip_vision_model": ("image_embeds", "none"),
    "chinese_clip": ("image_embeds", "none"),
    "mobileclip": ("image_embeds", "none"),
    "jina_clip": ("image_embeddings", "none"),
    "siglip": ("pooler_output", "none"),
    "siglip_vision_model": ("pooler_output", "none"),
    "dinov2": ("last_hidden_state", "cls"),
    "dinov2_with_registers": ("pooler_output", "none"),
    "dinov3_vit": ("pooler_output", "none"),
    "vit": ("last_hidden_state", "cls"),
    "vit_msn": ("last_hidden_state", "cls"),
    "nomic_bert": ("last_hidden_state", "cls"),
    "convnext": ("last_hidden_state", "mean"),
    "convnextv2": ("pooler_output", "mean"),
    "dinov3_convnext": ("pooler_output", "mean"),
    "of another type": ("pooler_output", "none"),
}


def test_every_type_of_the_table_in_the_docs_is_tried() -> None:
    table = DOCS.read_text().split("### Which output is the embedding")[1].split("Choose yourself")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    named = {name for row in rows[1:] for name in re.findall(r"`(\w+)`", row)}
    assert named == set(READINGS) - {"of another type"} == set(MODELS) - {"of another type"}
    assert set(FAMILIES) - named == {"siglip2"}, "NaFlex alone has this type, and is refused for its processor"


@pytest.mark.parametrize(("model_type", "expected"), READINGS.items())
def test_embedding_is_the_output_that_the_model_type_names(
    hub: FakeHub, model_type: str, expected: tuple[str, str]
) -> None:
    hub.add("acme/tiny", repository(model_type))
    chosen = vectors(f"{NAME}?output={expected[0]}&pooling={expected[1]}")
    np.testing.assert_array_equal(vectors(), chosen)
    assert load(NAME).spec.fingerprint == load(f"{NAME}?output={expected[0]}&pooling={expected[1]}").spec.fingerprint


def test_options_choose_another_output_and_pooling(hub: FakeHub) -> None:
    hub.add("acme/tiny", repository())
    cls, mean = (with_options(NAME, ["output=last_hidden_state", f"pooling={how}"]) for how in ("cls", "mean"))
    assert np.abs(vectors(cls) - vectors(mean)).max() > 0.01
    assert len({load(name).spec.fingerprint for name in (NAME, cls, mean)}) == 3
    assert load(load(cls).spec.name).spec == load(cls).spec


def test_first_token_and_mean_are_what_they_say(hub: FakeHub) -> None:
    hub.add("acme/tiny", repository("dinov2"))
    embedder = load(NAME)
    (pixels,) = draw_pixels(embedder.spec, seeds=[0])
    same_first = pixels.copy()
    same_first[:, :, PATCH:] = 0
    np.testing.assert_allclose(embedder.embed([pixels]), embedder.embed([same_first]), atol=1e-6)
    mean = load(f"{NAME}?pooling=mean")
    assert np.abs(mean.embed([pixels]) - mean.embed([same_first])).max() > 0.01
    assert TOKENS == (SIDE // PATCH) ** 2


def test_unknown_model_type_asks_for_the_output(hub: FakeHub) -> None:
    hub.add("acme/tiny", {**repository("dinov2"), "config.json": b'{"model_type": "new"}'})
    with pytest.raises(EmbedderUnavailable, match=r"of type 'new' and gives last_hidden_state.*--embedder-option"):
        load(NAME)
    assert load(f"{NAME}?pooling=cls").spec.dim == 8


def test_variant_and_graphs_beside_the_folder(hub: FakeHub) -> None:
    graph = vision_graph(MODELS["clip"][0], kind=TensorProto.FLOAT16)
    files = renamed(repository(), "onnx/vision_model.onnx", "model.onnx") | {"model_fp16.onnx": graph}
    hub.add("acme/tiny", files)
    assert np.einsum("nd,nd->n", vectors(), vectors(f"{NAME}:fp16")).min() > 0.999
    with pytest.raises(EmbedderUnavailable, match=r"no variant 'q4' for vision; it has one without a variant, fp16"):
        load(f"{NAME}:q4")


def test_graph_of_both_sides_gives_the_same_as_its_image_side(hub: FakeHub) -> None:
    single = {**repository(), "onnx/vision_model.onnx": vision_graph({"image_embeds": "vector"})}
    hub.add("acme/single", single)
    hub.add(
        "acme/tiny",
        renamed({**single, "onnx/vision_model.onnx": joint_graph()}, "onnx/vision_model.onnx", "onnx/model.onnx"),
    )
    np.testing.assert_allclose(vectors(), vectors("hub:acme/single"), atol=1e-6)


def test_weights_beside_the_graph_count(hub: FakeHub) -> None:
    whole = vision_graph(MODELS["clip"][0])
    graph, data = with_external_data(whole, "vision_model.onnx_data")
    hub.add("acme/whole", repository())
    files = {**repository(), "onnx/vision_model.onnx": graph, "onnx/vision_model.onnx_data": data}
    hub.add("acme/tiny", files)
    np.testing.assert_allclose(vectors(), vectors("hub:acme/whole"), atol=1e-6)
    first = load(NAME).spec.fingerprint
    other = with_external_data(vision_graph(MODELS["clip"][0], seed=1), "vision_model.onnx_data")[1]
    hub.add("acme/tiny", {**files, "onnx/vision_model.onnx_data": other})
    assert load(NAME).spec.fingerprint != first


def test_download_that_broke_is_resumed(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 500)
    hub.add("acme/tiny", repository())
    hub.cut_after["vision_model.onnx"] = 1000
    load(NAME)
    assert ("GET", "bytes=1000-") in [(method, given) for method, _, given in hub.requests]


def test_offline_answers_from_the_cache_alone(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.add("acme/tiny", repository())
    online = load(NAME).spec
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    hub.requests.clear()
    assert load(NAME).spec == load(online.name).spec == online
    assert hub.requests == []
    with pytest.raises(EmbedderUnavailable, match=r"acme/other is not in the cache, and HF_HUB_OFFLINE is set"):
        load("hub:acme/other")


def test_mirror_is_asked_where_one_is_named(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.add("acme/tiny", repository())
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(EmbedderUnavailable, match=r"acme/tiny could not be downloaded: .*check the network"):
        load(NAME)
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    assert load(NAME).spec.dim == 8


def test_license_and_size_are_named_before_the_first_download_only(
    hub: FakeHub, caplog: pytest.LogCaptureFixture
) -> None:
    hub.add("acme/tiny", repository())
    hub.repositories["acme/tiny"].license = "cc-by-nc-4.0"
    caplog.set_level(logging.INFO, "sosie.embedders")
    load(load(NAME).spec.name)
    [record] = caplog.records
    assert "license: cc-by-nc-4.0" in record.message
    assert "MB" in record.message


def test_gated_unknown_and_missing_are_distinguished(hub: FakeHub) -> None:
    hub.add("acme/tiny", repository())
    hub.repositories["acme/secret"] = Repository(gated=True)
    hub.repositories["acme/secret"].commit(repository())
    with pytest.raises(EmbedderUnavailable, match=r"acme/secret is gated: accept its terms .* HF_TOKEN"):
        load("hub:acme/secret")
    with pytest.raises(UnknownEmbedder, match="has no branch, tag or commit 'v9'"):
        load(f"{NAME}@v9")
    with pytest.raises(UnknownEmbedder, match="did you mean Xenova/siglip-base-patch16-224"):
        load("hub:xenova/siglip-base-patch16-22")


def test_changed_file_is_refused_and_removed(hub: FakeHub, tmp_path: Path) -> None:
    hub.add("acme/tiny", repository())
    hub.corrupted.add("vision_model.onnx")
    with pytest.raises(EmbedderUnavailable, match=r"is not the file that the Hub lists .* it was removed"):
        load(NAME)
    assert not [path for path in (tmp_path / "home").rglob("*") if path.name == "vision_model.onnx"]
    hub.corrupted.clear()
    assert load(NAME).spec.dim == 8


def test_full_disk_is_named(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    def full(*_: object, **__: object) -> str:
        raise OSError(28, "No space left on device")

    hub.add("acme/tiny", repository())
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", full)
    with pytest.raises(EmbedderUnavailable, match=r"the disk is full: .* set HF_HOME to a folder with room"):
        load(NAME)


def _without_its_weights() -> bytes:
    return with_external_data(vision_graph({"image_embeds": "vector"}), "x.bin")[0]


def _two_pictures() -> bytes:
    inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ("n", 3, SIDE, SIDE)) for name in ("a", "b")]
    nodes = [helper.make_node("Add", ["a", "b"], ["sum"]), helper.make_node("Flatten", ["sum"], ["image_embeds"])]
    output = helper.make_empty_tensor_value_info("image_embeds")
    model = helper.make_model(helper.make_graph(nodes, "two", inputs, [output]), ir_version=8)
    return bytes(model.SerializeToString())


FAULTS: dict[str, tuple[Callable[[dict[str, bytes]], Any], str]] = {
    "no graph": (lambda files: files.pop("onnx/vision_model.onnx"), r"no ONNX graph for vision; expected onnx/vision"),
    "no config": (lambda files: files.pop("config.json"), "has no config.json; name another"),
    "broken config": (lambda files: files.update({"config.json": b"{"}), "config.json of acme/tiny is not JSON"),
    "settings of a list": (
        lambda files: files.update({"preprocessor_config.json": b"[]"}),
        r"preprocessor_config.json of acme/tiny holds \[\]; expected a JSON object",
    ),
    "two pictures": (
        lambda files: files.update({"onnx/vision_model.onnx": _two_pictures()}),
        r"takes 2 pictures at once \(a: .*, b: .*\), not one",
    ),
    "another side": (
        lambda files: files.update({"onnx/vision_model.onnx": vision_graph({"image_embeds": "map"}, side=32)}),
        r"32, 32.*expected float32 of shape \(n, 3, 16, 16\)",
    ),
    "no network": (
        lambda files: files.update({"onnx/vision_model.onnx": b"<html>"}),
        "is not a network that ONNX Runtime can open",
    ),
    "weights missing": (
        lambda files: files.update(
            {"onnx/vision_model.onnx": with_external_data(vision_graph({"image_embeds": "vector"}), "x.bin")[0]}
        ),
        "keeps its weights in another file",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_repositories_that_cannot_be_used_say_why(hub: FakeHub, fault: str) -> None:
    spoil, message = FAULTS[fault]
    files = repository()
    spoil(files)
    hub.add("acme/tiny", files)
    with pytest.raises(EmbedderUnavailable, match=message):
        load(NAME)


def test_free_sides_take_the_size_of_the_settings(hub: FakeHub) -> None:
    free = vision_graph({"image_embeds": "vector"}, side="side")
    hub.add("acme/tiny", {**repository(), "onnx/vision_model.onnx": free})
    assert load(NAME).spec.transforms[0].size == SIDE


def test_zero_and_not_finite_vectors_are_errors(hub: FakeHub) -> None:
    graph = vision_graph({"pooler_output": "vector"}, bias=0)
    hub.add("acme/tiny", {**repository("siglip"), "onnx/vision_model.onnx": graph})
    embedder = load(NAME)
    for value, picture in ((0.0, "picture 0 of 1"), (np.nan, "picture 0 of 1")):
        with pytest.raises(EmbedderError, match=f"zero or not finite for {picture}"):
            embedder.embed([np.full((1, 3, SIDE, SIDE), value, np.float32)])


@pytest.mark.parametrize(
    "name",
    ["hub:", "hub:clip", "hub:a/b/c", "hub:a b/c", "hub:a/b@", "hub:a/b:", "hub:a/b?color=red", "hub:a/b?output=",
     "hub:a/b?pooling=max"],
)  # fmt: skip
def test_malformed_names_are_wrong_usage(name: str) -> None:
    with pytest.raises(UsageError, match="expected"):
        load(name)


@pytest.mark.parametrize(
    "name", ["hub:a/b", "hub:a-1/b_2.c@main", "hub:a/b@refs/pr/1:fp16", "hub:a/b:q4?output=x&pooling=cls"]
)
def test_an_address_is_written_as_it_was_read(name: str) -> None:
    assert str(HubAddress.parse(name)) == name


def test_bundled_networks_take_no_options() -> None:
    assert with_options("trio", []) == "trio"
    with pytest.raises(UsageError, match="'trio' takes no options"):
        with_options("trio", ["pooling=cls"])


def test_a_changed_file_behind_a_pinned_revision_is_reported(hub: FakeHub, tmp_path: Path) -> None:
    hub.add("acme/tiny", repository())
    with Catalog(tmp_path / "shop.sosie", embedder=NAME) as catalog:
        catalog.create()
        commit = hub.repositories["acme/tiny"].branches["main"]
    hub.repositories["acme/tiny"].commits[commit] = repository(image_mean=[0.5, 0.5, 0.5])
    shutil.rmtree(tmp_path / "home")
    with Catalog(tmp_path / "shop.sosie") as catalog, pytest.raises(EmbedderMismatch, match="its files have changed"):
        catalog.warm()
