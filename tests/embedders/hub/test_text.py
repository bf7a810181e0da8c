import json
import logging

import numpy as np
import numpy.typing as npt
import pytest
from onnx import TensorProto, helper, load_from_string, numpy_helper

from sosie.embedders.base import text_encoder_of
from sosie.embedders.hub.opening import pull
from sosie.embedders.registry import load
from sosie.errors import EmbedderUnavailable
from support.hub_models import DIM, WORDS, joint_graph, repository, text_graph, with_words
from support.hub_server import FakeHub

NAME = "hub:acme/tiny"
Array = npt.NDArray[np.float32]


def embed(name: str, *texts: str) -> Array:
    encoder = text_encoder_of(load(name))
    assert encoder is not None
    return encoder.embed_words(texts)


def mean_of(*words: str) -> Array:
    """What the tiny text graph gives for tokens, computed here."""
    graph = load_from_string(text_graph()).graph
    table = next(numpy_helper.to_array(item) for item in graph.initializer if item.name == "words")
    mean = np.sum([table[WORDS.index(word)] for word in words], axis=0)
    return np.asarray(mean / np.linalg.norm(mean), np.float32)


def test_words_stand_in_the_template_of_their_network(hub: FakeHub) -> None:
    hub.add("acme/tiny", with_words(repository("clip")))
    expected = mean_of("a", "photo", "of", "red", "shoe", "</s>")
    np.testing.assert_allclose(embed(NAME, "red shoe")[0], expected, atol=1e-6)
    plain = embed(f"{NAME}?template={{}}", "red shoe", "lamp")
    np.testing.assert_allclose(plain, [mean_of("red", "shoe", "</s>"), mean_of("lamp", "</s>")], atol=1e-6)


@pytest.mark.parametrize("masked", [False, True])
def test_siglip_reads_64_tokens_filled_up_with_its_own_padding(hub: FakeHub, masked: bool) -> None:
    hub.add("acme/tiny", with_words(repository("siglip"), output="pooler_output", masked=masked))
    words = ("[UNK]", "is", "a", "photo", "of", "red", "shoe", ".")
    lowered = ("this", *words[1:])
    expected = mean_of(*lowered, *["</s>"] * (64 - len(lowered)))
    np.testing.assert_allclose(embed(NAME, "RED Shoe")[0], expected, atol=1e-6)


def test_long_texts_are_cut_and_keep_their_end(hub: FakeHub) -> None:
    files = with_words(repository("clip"))
    files["config.json"] = json.dumps({"model_type": "clip", "text_config": {"max_position_embeddings": 5}}).encode()
    hub.add("acme/tiny", files)
    np.testing.assert_allclose(embed(NAME, "red shoe")[0], mean_of("a", "photo", "of", "red", "</s>"), atol=1e-6)


def test_graph_of_both_sides_answers_words_without_a_picture(hub: FakeHub) -> None:
    files = with_words(repository("clip"))
    for name in ("onnx/vision_model.onnx", "onnx/text_model.onnx"):
        del files[name]
    hub.add("acme/tiny", {**files, "onnx/model.onnx": joint_graph()})
    expected = mean_of("a", "photo", "of", "lamp", "</s>")
    np.testing.assert_allclose(embed(NAME, "lamp")[0], expected, atol=1e-6)
    assert hub.downloads.count("model.onnx") == 1


def test_text_side_comes_when_words_come_and_says_so(hub: FakeHub, caplog: pytest.LogCaptureFixture) -> None:
    hub.add("acme/tiny", with_words(repository("clip")))
    pinned = load(NAME).spec.name
    assert "text_model.onnx" not in hub.downloads
    caplog.set_level(logging.INFO, "sosie.embedders")
    embed(pinned, "lamp")
    assert "text_model.onnx" in hub.downloads
    assert any("(text)" in record.message and "license" in record.message for record in caplog.records)
    hub.requests.clear()
    embed(pinned, "lamp")
    assert hub.requests == []


def test_pull_brings_both_sides_for_offline(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.add("acme/tiny", with_words(repository("clip")))
    pinned = pull(NAME)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert embed(pinned, "lamp").shape == (1, DIM)
    assert pull(NAME) == pinned


def test_joined_networks_have_words_where_all_have(hub: FakeHub) -> None:
    hub.add("acme/tiny", with_words(repository("clip")))
    hub.add("acme/other", with_words(repository("siglip"), output="pooler_output"))
    joined = embed(f"{NAME}+hub:acme/other", "lamp")[0]
    np.testing.assert_allclose(joined[:DIM] * np.sqrt(2), embed(NAME, "lamp")[0], atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(joined), 1, atol=1e-6)
    assert text_encoder_of(load(f"{NAME}+mobilenet_v2")) is None


def test_networks_for_pictures_alone_have_no_words(hub: FakeHub) -> None:
    hub.add("acme/tiny", repository("dinov2"))
    assert text_encoder_of(load(NAME)) is None
    assert text_encoder_of(load("mobilenet_v2")) is None


@pytest.mark.parametrize("missing", ["tokenizer.json", "onnx/text_model.onnx"])
def test_missing_tokenizer_or_graph_is_named(hub: FakeHub, missing: str) -> None:
    files = with_words(repository("clip"))
    del files[missing]
    hub.add("acme/tiny", files)
    with pytest.raises(
        EmbedderUnavailable, match=r"no tokenizer.json or no graph for words.*words are still searched in titles"
    ):
        embed(NAME, "lamp")
    assert pull(NAME).startswith(NAME)


def test_broken_tokenizer_and_unknown_inputs_are_named(hub: FakeHub) -> None:
    hub.add("acme/tiny", {**with_words(repository("clip")), "tokenizer.json": b"{}"})
    with pytest.raises(EmbedderUnavailable, match=r"tokenizer.json is not a tokenizer"):
        embed(NAME, "lamp")
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ("t", "n")) for name in ("input_ids", "boxes")]
    nodes = [helper.make_node("Cast", ["boxes"], ["text_embeds"], to=TensorProto.FLOAT)]
    output = helper.make_empty_tensor_value_info("text_embeds")
    model = helper.make_model(helper.make_graph(nodes, "boxes", inputs, [output]), ir_version=8)
    hub.add("acme/tiny", {**with_words(repository("clip")), "onnx/text_model.onnx": model.SerializeToString()})
    with pytest.raises(EmbedderUnavailable, match="needs the input 'boxes'"):
        embed(NAME, "lamp")
