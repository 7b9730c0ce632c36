"""Small ONNX files that keep the model contract: each style is a matrix on the colours."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from realtime.model import FRAME_INPUT, OUTPUT, STYLE_INPUT, ModelDescription, StyleInfo

STYLES = (
    StyleInfo("negative", "The Negative", "A. Painter", "public domain", "made for the tests"),
    StyleInfo("swapped", "The Swap", "B. Painter", "CC0", "made for the tests"),
    StyleInfo("plain", is_identity=True),
)

# Rows: from RGB; columns: to RGB. Each style also has an offset in levels.
MATRICES = {
    "negative": -np.eye(3),
    "swapped": np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]]),
    "plain": np.eye(3),
}
OFFSETS = {"negative": 255.0, "swapped": 0.0, "plain": 0.0}


def expected(image: NDArray[np.uint8], weights: dict[str, float]) -> NDArray[np.uint8]:
    """What the tiny model makes of a picture, computed with numpy alone."""
    matrix = sum(weight * MATRICES[name] for name, weight in weights.items())
    offset = sum(weight * OFFSETS[name] for name, weight in weights.items())
    return np.clip(np.rint(image @ matrix + offset), 0, 255).astype(np.uint8)


def build(styles: Sequence[StyleInfo] = STYLES) -> onnx.ModelProto:
    """A model of these styles, each named as one of ``MATRICES``."""
    matrices = np.stack([MATRICES[style.name].ravel() for style in styles]).astype(np.float32)
    offsets = np.array([OFFSETS[style.name] for style in styles], np.float32)
    weights = {
        "matrices": matrices,
        "offsets": offsets,
        "square": np.array([3, 3], np.int64),
        "low": np.float32(0),
        "high": np.float32(255),
    }
    nodes = [
        helper.make_node("Cast", [FRAME_INPUT], ["levels"], to=TensorProto.FLOAT),
        helper.make_node("MatMul", [STYLE_INPUT, "matrices"], ["row"]),
        helper.make_node("Reshape", ["row", "square"], ["matrix"]),
        helper.make_node("MatMul", [STYLE_INPUT, "offsets"], ["offset"]),
        helper.make_node("MatMul", ["levels", "matrix"], ["mixed"]),
        helper.make_node("Add", ["mixed", "offset"], ["shifted"]),
        helper.make_node("Round", ["shifted"], ["rounded"]),
        helper.make_node("Clip", ["rounded", "low", "high"], ["clipped"]),
        helper.make_node("Cast", ["clipped"], [OUTPUT], to=TensorProto.UINT8),
    ]
    picture = [1, "height", "width", 3]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [
            helper.make_tensor_value_info(FRAME_INPUT, TensorProto.UINT8, picture),
            helper.make_tensor_value_info(STYLE_INPUT, TensorProto.FLOAT, [len(styles)]),
        ],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.UINT8, picture)],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    helper.set_model_props(model, ModelDescription(tuple(styles)).to_metadata())
    return model


def save(path: Path, styles: Sequence[StyleInfo] = STYLES) -> Path:
    """Write a model of these styles to a file."""
    onnx.save(build(styles), path)
    return path
