"""Repositories as exporters write them for the Hub, with graphs of a few kilobytes."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import NodeProto, TensorProto, helper, numpy_helper
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing

SIDE = 16
DIM = 8
PATCH = 4
TOKENS = (SIDE // PATCH) ** 2
CLIP_PREPROCESSOR = {
    "image_processor_type": "CLIPImageProcessor",
    "size": {"shortest_edge": SIDE},
    "crop_size": {"height": SIDE, "width": SIDE},
    "do_center_crop": True,
    "do_rescale": True,
    "rescale_factor": 1 / 255,
    "image_mean": [0.48145466, 0.4578275, 0.40821073],
    "image_std": [0.26862954, 0.26130258, 0.27577711],
    "resample": 3,
}
SQUASH_PREPROCESSOR = {
    "image_processor_type": "SiglipImageProcessor",
    "size": {"height": SIDE, "width": SIDE},
    "image_mean": [0.5, 0.5, 0.5],
    "image_std": [0.5, 0.5, 0.5],
    "resample": 3,
}
VIT_PREPROCESSOR = {**SQUASH_PREPROCESSOR, "image_processor_type": "ViTImageProcessor", "resample": 2}
BIT_PREPROCESSOR = {
    **CLIP_PREPROCESSOR,
    "image_processor_type": "BitImageProcessor",
    "size": {"shortest_edge": SIDE + 2},
}
CONVNEXT_PREPROCESSOR = {
    "image_processor_type": "ConvNextImageProcessor",
    "size": {"shortest_edge": SIDE},
    "crop_pct": 0.875,
    "image_mean": [0.485, 0.456, 0.406],
    "image_std": [0.229, 0.224, 0.225],
    "resample": 2,
}

Outputs = Mapping[str, str]
"""The outputs of a graph by name: ``vector``, ``tokens`` or ``map``."""

MODELS: Mapping[str, tuple[Outputs, dict[str, Any]]] = {
    "clip": ({"image_embeds": "vector", "last_hidden_state": "tokens", "pooler_output": "vector"}, CLIP_PREPROCESSOR),
    "siglip": ({"last_hidden_state": "tokens", "pooler_output": "vector"}, SQUASH_PREPROCESSOR),
    "dinov2": ({"last_hidden_state": "tokens"}, BIT_PREPROCESSOR),
    "dinov3_vit": (
        {"last_hidden_state": "tokens", "pooler_output": "vector"},
        {**SQUASH_PREPROCESSOR, "image_processor_type": "DINOv3ViTImageProcessorFast", "resample": 2},
    ),
    "vit": ({"last_hidden_state": "tokens", "pooler_output": "vector"}, VIT_PREPROCESSOR),
    "convnext": ({"last_hidden_state": "map"}, CONVNEXT_PREPROCESSOR),
    "mobileclip": ({"image_embeds": "vector"}, {**CLIP_PREPROCESSOR, "do_normalize": False, "resample": 2}),
    "jina_clip": ({"image_embeddings": "vector"}, CLIP_PREPROCESSOR),
    "nomic_bert": ({"last_hidden_state": "tokens"}, CLIP_PREPROCESSOR),
    "chinese_clip": (
        {"image_embeds": "vector", "last_hidden_state": "tokens"},
        {**CLIP_PREPROCESSOR, "image_processor_type": "ChineseCLIPImageProcessor"},
    ),
    "clip_vision_model": ({"image_embeds": "vector", "last_hidden_state": "tokens"}, CLIP_PREPROCESSOR),
    "siglip_vision_model": ({"last_hidden_state": "tokens", "pooler_output": "vector"}, SQUASH_PREPROCESSOR),
    "dinov2_with_registers": ({"last_hidden_state": "tokens", "pooler_output": "vector"}, BIT_PREPROCESSOR),
    "vit_msn": ({"last_hidden_state": "tokens"}, VIT_PREPROCESSOR),
    "convnextv2": ({"last_hidden_state": "map", "pooler_output": "vector"}, CONVNEXT_PREPROCESSOR),
    "dinov3_convnext": (
        {"last_hidden_state": "map", "pooler_output": "vector"},
        {**SQUASH_PREPROCESSOR, "image_processor_type": "DINOv3ViTImageProcessorFast", "resample": 2},
    ),
    "of another type": ({"last_hidden_state": "tokens", "pooler_output": "vector"}, VIT_PREPROCESSOR),
}
"""For each model type what its exports give, and how its pictures are prepared."""


def repository(model_type: str = "clip", **changes: Any) -> dict[str, bytes]:
    """The files of an export with one graph for pictures; ``changes`` go into its preprocessor's settings."""
    outputs, preprocessor = MODELS[model_type]
    return {
        "config.json": json.dumps({"model_type": model_type}).encode(),
        "preprocessor_config.json": json.dumps({**preprocessor, **changes}).encode(),
        "onnx/vision_model.onnx": vision_graph(outputs),
        "README.md": b"---\nlicense: apache-2.0\n---\n",
        "model.safetensors": b"never downloaded",
        "pytorch_model.bin": b"never downloaded",
    }


def vision_graph(
    outputs: Outputs, seed: int = 0, side: int | str = SIDE, kind: int = TensorProto.FLOAT, bias: float = 0.1
) -> bytes:
    """A graph that gives, of pictures (n, 3, side, side), the outputs named; zeros of black ones without ``bias``."""
    pixels = helper.make_tensor_value_info("pixel_values", kind, ("n", 3, side, side))
    cast = [helper.make_node("Cast", ["pixel_values"], ["pixels"], to=TensorProto.FLOAT)]
    return _model([*cast, *_image_nodes(outputs)], [pixels], outputs, _image_weights(seed, bias))


def with_words(files: Mapping[str, bytes], output: str = "text_embeds", masked: bool = True) -> dict[str, bytes]:
    """The files with a graph for words and a tokenizer beside them."""
    return {
        **files,
        "onnx/text_model.onnx": text_graph(output, masked),
        "tokenizer.json": tokenizer(),
        "tokenizer_config.json": json.dumps({"pad_token": "</s>", "model_max_length": 77}).encode(),
    }


def text_graph(output: str = "text_embeds", masked: bool = True) -> bytes:
    """A graph that gives the mean of the vectors of the words; without ``masked`` it takes no attention mask."""
    names = ["input_ids", "attention_mask"] if masked else ["input_ids"]
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ("t", "length")) for name in names]
    return _model(_text_nodes(output, masked), inputs, {output: ""}, _text_weights())


WORDS = ("[UNK]", "</s>", "a", "photo", "of", "this", "is", "red", "blue", "shoe", "lamp", ".")


def tokenizer() -> bytes:
    """A ``tokenizer.json`` that knows a dozen words and ends each text with ``</s>``."""
    made = Tokenizer(WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="[UNK]"))
    made.pre_tokenizer = Whitespace()
    made.post_processor = TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return bytes(made.to_str().encode())


def joint_graph(seed: int = 0) -> bytes:
    """A graph for both sides, as CLIP's ``model.onnx``: it takes words and a picture at once."""
    inputs = [
        helper.make_tensor_value_info("input_ids", TensorProto.INT64, ("t", "length")),
        helper.make_tensor_value_info("pixel_values", TensorProto.FLOAT, ("n", 3, SIDE, SIDE)),
        helper.make_tensor_value_info("attention_mask", TensorProto.INT64, ("t", "length")),
    ]
    outputs = {"logits_per_image": "", "text_embeds": "", "image_embeds": "vector"}
    nodes = [
        helper.make_node("Identity", ["pixel_values"], ["pixels"]),
        *_image_nodes({"image_embeds": "vector"}),
        *_text_nodes("text_embeds", masked=True),
        helper.make_node("Transpose", ["text_embeds"], ["turned"], perm=[1, 0]),
        helper.make_node("MatMul", ["image_embeds", "turned"], ["logits_per_image"]),
    ]
    return _model(nodes, inputs, outputs, [*_image_weights(seed), *_text_weights()])


def with_external_data(graph: bytes, location: str) -> tuple[bytes, bytes]:
    """The graph without its weights, and the file that holds them; shapes stay in the graph, as exporters do it."""
    model = onnx.load_from_string(graph)
    data = b""
    for tensor in model.graph.initializer:
        if tensor.data_type == TensorProto.INT64:
            continue
        raw = numpy_helper.to_array(tensor).tobytes()
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in (("location", location), ("offset", len(data)), ("length", len(raw))):
            tensor.external_data.add(key=key, value=str(value))
        data += raw
    return model.SerializeToString(), data


def _image_nodes(outputs: Outputs) -> list[NodeProto]:
    nodes = [helper.make_node("Conv", ["pixels", "patches", "biases"], ["maps"], strides=[PATCH, PATCH])]
    for number, (name, kind) in enumerate(outputs.items()):
        if kind == "map":
            nodes.append(helper.make_node("Identity", ["maps"], [name]))
        elif kind == "tokens":
            nodes += [
                helper.make_node("Reshape", ["maps", "as_columns"], [f"columns{number}"]),
                helper.make_node("Transpose", [f"columns{number}"], [name], perm=[0, 2, 1]),
            ]
        else:
            nodes += [
                helper.make_node("Flatten", ["maps"], [f"flat{number}"]),
                helper.make_node("Gemm", [f"flat{number}", f"matrix{number}"], [name]),
            ]
    return nodes


def _image_weights(seed: int, bias: float = 0.1) -> list[TensorProto]:
    draw = np.random.default_rng(seed)
    matrices = [draw.normal(size=(TOKENS * DIM, DIM)).astype(np.float32) for _ in range(3)]
    return [
        numpy_helper.from_array(draw.normal(size=(DIM, 3, PATCH, PATCH)).astype(np.float32), "patches"),
        numpy_helper.from_array(np.full(DIM, bias, np.float32), "biases"),
        numpy_helper.from_array(np.array([0, DIM, TOKENS], np.int64), "as_columns"),
        *(numpy_helper.from_array(matrix, f"matrix{number}") for number, matrix in enumerate(matrices)),
    ]


def _text_nodes(output: str, masked: bool) -> list[NodeProto]:
    """The mean of the words' vectors; with a mask only of those that are no padding."""
    nodes = [helper.make_node("Gather", ["words", "input_ids"], ["word_vectors"])]
    if not masked:
        return [*nodes, helper.make_node("ReduceMean", ["word_vectors"], [output], axes=[1], keepdims=0)]
    return [
        *nodes,
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "last"], ["column"]),
        helper.make_node("Mul", ["word_vectors", "column"], ["kept"]),
        helper.make_node("ReduceSum", ["kept", "middle"], [output], keepdims=0),
    ]


def _text_weights() -> list[TensorProto]:
    words = np.random.default_rng(7).normal(size=(64, DIM)).astype(np.float32)
    return [
        numpy_helper.from_array(words, "words"),
        numpy_helper.from_array(np.array([2], np.int64), "last"),
        numpy_helper.from_array(np.array([1], np.int64), "middle"),
    ]


def _model(
    nodes: Sequence[NodeProto], inputs: Sequence[Any], outputs: Mapping[str, str], weights: Sequence[TensorProto]
) -> bytes:
    used = {name for node in nodes for name in node.input}
    graph = helper.make_graph(
        nodes, "tiny", inputs, [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
        [weight for weight in weights if weight.name in used],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    data: bytes = model.SerializeToString()
    return data
