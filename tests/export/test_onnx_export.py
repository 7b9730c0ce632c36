from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import onnxruntime
import pytest
import torch

from export import onnx_export, parity
from export.checkpoint import Checkpoint, build_network, save_checkpoint
from export.network import NetworkConfig
from export.onnx_export import deploy, export_checkpoint, to_onnx
from export.parity import Parity
from export.rows import STYLE_ROWS
from realtime.engine import OnnxStylizer
from realtime.errors import ModelError, SinkError
from realtime.model import StyleInfo
from realtime.model_files import default_model

STYLES = (
    StyleInfo("first", title="First", license="CC0"),
    StyleInfo("second"),
    StyleInfo("none", is_identity=True),
)
CONFIGS = {
    "fast": NetworkConfig(),
    "johnson": NetworkConfig(kind="johnson"),
}


def runs_the_exporter(test):
    """Marks what takes half a minute, and far longer on a busy machine."""
    return pytest.mark.slow(pytest.mark.timeout(900)(test))


def make_checkpoint(config):
    """A network as training leaves it: statistics and styles away from their start."""
    torch.manual_seed(1)
    network = build_network(config, len(STYLES), identity=2)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if name.endswith(STYLE_ROWS):
                parameter.add_(0.2 * torch.randn_like(parameter))
    return Checkpoint(config, STYLES, network.state_dict(), 12, {"loss_network": "made up"})


@dataclass(frozen=True)
class Exported:
    """A checkpoint, the model made of it, and what its parity check found."""

    checkpoint: Checkpoint
    path: Path
    report: list[Parity]

    def session(self):
        return onnxruntime.InferenceSession(self.path, providers=["CPUExecutionProvider"])


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    """Exports a network of a kind, once: it takes many seconds."""
    folder = tmp_path_factory.mktemp("exported")

    @cache
    def make(kind):
        checkpoint, path = make_checkpoint(CONFIGS[kind]), folder / f"{kind}.onnx"
        save_checkpoint(checkpoint, folder / f"{kind}.pt")
        return Exported(checkpoint, path, export_checkpoint(folder / f"{kind}.pt", path))

    return make


@runs_the_exporter
@pytest.mark.parametrize("kind", CONFIGS)
def test_the_exported_model_paints_what_the_network_paints(export, kind):
    exported = export(kind)
    assert [(row.width, row.height) for row in exported.report] == list(parity.SIZES)
    assert all(row.passed for row in exported.report)
    with OnnxStylizer(exported.path, device="cpu") as engine:
        assert engine.description.styles == STYLES
        assert engine.description.training["steps_done"] == 12
        assert engine.description.network["kind"] == exported.checkpoint.config.kind


@runs_the_exporter
def test_the_file_keeps_the_contract(export):
    session = export("fast").session()
    tensors = {t.name: (t.type, t.shape) for t in (*session.get_inputs(), *session.get_outputs())}
    assert tensors == {
        "frame": ("tensor(uint8)", [1, "height", "width", 3]),
        "style": ("tensor(float)", [len(STYLES)]),
        "stylized": ("tensor(uint8)", [1, "height", "width", 3]),
    }
    metadata = session.get_modelmeta().custom_metadata_map
    assert [s["name"] for s in json.loads(metadata["stylecam.styles"])] == [
        "first",
        "second",
        "none",
    ]


def test_the_shipped_model_tells_nothing_of_the_machine_it_was_made_on():
    assert b".py" not in default_model().read_bytes()


@runs_the_exporter
def test_the_file_tells_nothing_of_the_machine_it_was_made_on(export):
    assert b".py" not in export("fast").path.read_bytes()


@runs_the_exporter
def test_a_model_that_paints_something_else_is_not_written(tmp_path, monkeypatch):
    checkpoint = make_checkpoint(CONFIGS["fast"])
    save_checkpoint(checkpoint, tmp_path / "c.pt")

    def wrong(network, description):
        with torch.no_grad():
            network.head.bias.add_(0.02)
        try:
            return to_onnx(network, description)
        finally:
            with torch.no_grad():
                network.head.bias.sub_(0.02)

    monkeypatch.setattr(onnx_export, "to_onnx", wrong)
    with pytest.raises(ModelError, match="differs from the network"):
        export_checkpoint(tmp_path / "c.pt", tmp_path / "m.onnx")
    assert not (tmp_path / "m.onnx").exists()


FRAME = torch.randint(0, 256, (1, 50, 70, 3), dtype=torch.uint8)
STRENGTHS = (0.0, 0.3, 1.0)


def mixture(strength):
    return torch.tensor([strength, 0.0, 1 - strength])


def assert_paints_as(checkpoint, strength, painted):
    with torch.no_grad():
        expected = checkpoint.build().eval()(
            FRAME.permute(0, 3, 1, 2) / 255, mixture(strength)[None]
        )
    expected = (255 * expected).clamp(0, 255).permute(0, 2, 3, 1)
    assert painted.shape == FRAME.shape
    assert painted.dtype == torch.uint8
    assert (painted - expected).abs().max() <= 1


@runs_the_exporter
@pytest.mark.parametrize("strength", STRENGTHS)
def test_the_frame_shows_through_as_far_as_the_identity_is_mixed_in(export, strength):
    exported = export("fast")
    given = {"frame": FRAME.numpy(), "style": mixture(strength).numpy()}
    painted = exported.session().run(None, given)[0]
    assert_paints_as(exported.checkpoint, strength, torch.from_numpy(painted))


def choose(condition, first, second, operands):
    """``torch.cond`` without its compiler, which alone takes many seconds."""
    return (first if condition else second)(*operands)


@pytest.mark.parametrize("kind", CONFIGS)
@pytest.mark.parametrize("strength", STRENGTHS)
def test_what_is_exported_paints_as_the_network_does(monkeypatch, kind, strength):
    """From bytes to bytes; without the exporter, which takes half a minute."""
    monkeypatch.setattr(torch, "cond", choose)
    checkpoint = make_checkpoint(CONFIGS[kind])
    with torch.no_grad():
        painted = deploy(checkpoint.build().eval())(FRAME, mixture(strength))
    assert_paints_as(checkpoint, strength, painted)


def test_an_existing_model_is_kept(tmp_path):
    (tmp_path / "m.onnx").write_text("precious")
    with pytest.raises(SinkError, match="--overwrite"):
        export_checkpoint(tmp_path / "c.pt", tmp_path / "m.onnx")
    assert (tmp_path / "m.onnx").read_text() == "precious"
