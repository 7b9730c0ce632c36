from __future__ import annotations

from pathlib import Path

import pytest
import torch

from export.checkpoint import Checkpoint, build_network, load_checkpoint, save_checkpoint
from export.network import NetworkConfig
from realtime.errors import OptionError, SinkError
from realtime.model import StyleInfo


@pytest.fixture
def checkpoint():
    config = NetworkConfig(widths=(8, 16), blocks=1)
    network = build_network(config, 1)
    return Checkpoint(config, (StyleInfo("dots", title="Dots"),), network.state_dict(), step=3)


def test_what_is_saved_is_loaded(checkpoint, tmp_path):
    save_checkpoint(checkpoint, tmp_path / "c.pt")
    loaded = load_checkpoint(tmp_path / "c.pt")
    assert (loaded.config, loaded.styles, loaded.step) == (
        checkpoint.config,
        checkpoint.styles,
        3,
    )
    for key, value in checkpoint.build().state_dict().items():
        assert torch.equal(value, loaded.build().state_dict()[key])
    assert [path.name for path in tmp_path.iterdir()] == ["c.pt"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_said_and_the_old_checkpoint_stays(checkpoint, tmp_path):
    path = tmp_path / "c.pt"
    path.write_text("precious")
    (tmp_path / ".c.pt.part").symlink_to("/dev/full")
    with pytest.raises(SinkError, match="cannot be written: No space left"):
        save_checkpoint(checkpoint, path)
    assert path.read_text() == "precious"
    assert [entry.name for entry in tmp_path.iterdir()] == ["c.pt"]


def test_code_cannot_hide_in_a_checkpoint(tmp_path):
    class Evil:
        def __reduce__(self):
            return (open, (str(tmp_path / "owned"), "w"))

    torch.save({"format": 1, "config": Evil()}, tmp_path / "evil.pt")
    with pytest.raises(OptionError, match="not a stylecam checkpoint"):
        load_checkpoint(tmp_path / "evil.pt")
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize("content", [b"", b"noise" * 100, b"PK\x03\x04"])
def test_other_files_are_refused(tmp_path, content):
    path = tmp_path / "c.pt"
    path.write_bytes(content)
    with pytest.raises(OptionError, match="not a stylecam checkpoint"):
        load_checkpoint(path)


def test_a_truncated_checkpoint_is_refused(checkpoint, tmp_path):
    path = tmp_path / "c.pt"
    save_checkpoint(checkpoint, path)
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(OptionError):
        load_checkpoint(path)


def test_a_missing_checkpoint_is_named(tmp_path):
    with pytest.raises(OptionError, match=r"nowhere\.pt does not exist"):
        load_checkpoint(tmp_path / "nowhere.pt")


def test_parameters_must_fit_the_shape(checkpoint):
    checkpoint.network.pop("head.weight")
    with pytest.raises(OptionError, match="damaged"):
        checkpoint.build()
