"""What a model file says of itself is checked: a stranger may have written it."""

from __future__ import annotations

import json

import onnx
import pytest
import tiny_model

from realtime.cli import main
from realtime.errors import ModelError
from realtime.model import NETWORK_KEY, STYLES_KEY, TRAINING_KEY, ModelDescription, StyleInfo

GOOD = ModelDescription(
    (StyleInfo("negative", "The Negative"), StyleInfo("plain", is_identity=True))
)


def test_what_is_written_is_read_again():
    assert ModelDescription.from_metadata(GOOD.to_metadata(), "mine.onnx") == GOOD


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (STYLES_KEY, [{"name": 5}]),
        (STYLES_KEY, [{"name": None}]),
        (STYLES_KEY, [{"name": ""}]),
        (STYLES_KEY, [{"name": "a", "title": ["x"]}]),
        (STYLES_KEY, [{"name": "a", "artist": "red \x1b[31m"}]),
        (STYLES_KEY, [{"name": "a\nb"}]),
        (STYLES_KEY, [{"name": "a", "is_identity": "no"}]),
        (STYLES_KEY, [{"name": "a"}, {"name": "a"}]),
        (STYLES_KEY, [{"name": "c"}, *({"name": n, "is_identity": True} for n in "ab")]),
        (STYLES_KEY, {"name": "a"}),
        (STYLES_KEY, 5),
        (NETWORK_KEY, []),
        (TRAINING_KEY, 5),
    ],
)
def test_metadata_that_makes_no_sense_is_damage(key, value):
    metadata = GOOD.to_metadata() | {key: json.dumps(value)}
    with pytest.raises(ModelError, match=r"^mine\.onnx has damaged stylecam metadata \(.+\)$"):
        ModelDescription.from_metadata(metadata, "mine.onnx")


def test_a_model_gives_no_orders_to_the_terminal(tmp_path, capfd):
    model = tiny_model.build()
    (entry,) = (entry for entry in model.metadata_props if entry.key == STYLES_KEY)
    entry.value = entry.value.replace("The Negative", "The \\u001b[2JNegative")
    onnx.save(model, tmp_path / "orders.onnx")
    assert main(["styles", "--model", str(tmp_path / "orders.onnx")]) == 2
    said = capfd.readouterr()
    assert "the title of a style is no plain text" in said.err
    assert "\x1b" not in said.out + said.err
