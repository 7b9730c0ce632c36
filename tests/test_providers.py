from __future__ import annotations

import logging
import sys
from pathlib import Path

import onnxruntime
import pytest

from realtime.engine import OnnxStylizer
from realtime.errors import OptionError, ProviderError
from realtime.providers import DEVICES, PROVIDERS, probe, resolve, verify

COMPILED_IN = onnxruntime.get_available_providers()


def loads(device):
    return next(status.loads for status in probe() if status.device == device)


def test_the_devices():
    assert DEVICES[0] == "auto"
    assert {"cpu", "cuda", "tensorrt", "openvino", "directml", "coreml"} == set(DEVICES[1:])


def test_every_provider_is_one_that_onnx_runtime_knows():
    known = set(onnxruntime.get_all_providers())
    assert {provider.name for provider in PROVIDERS.values()} <= known


def test_every_provider_says_what_to_install():
    assert all(provider.install for provider in PROVIDERS.values())


def test_auto_ends_with_the_processor():
    assert resolve("auto")[-1].device == "cpu"
    assert all(provider.name in COMPILED_IN for provider in resolve("auto"))


def test_an_explicit_device_is_tried_alone():
    assert [provider.device for provider in resolve("cpu")] == ["cpu"]


@pytest.mark.parametrize(
    ("device", "hint"),
    [("cdua", "'cuda'"), ("CPU", "'cpu'"), ("tensor", "'tensorrt'"), ("xyz", "choose from"),
     ("", "choose from")],
)  # fmt: skip
def test_an_unknown_device(device, hint):
    with pytest.raises(OptionError) as caught:
        resolve(device)
    assert hint in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("device", [d for d in DEVICES[1:] if d != "cpu"])
def test_a_device_runs_or_says_why_not_and_what_to_install(model_path, picture, device, capfd):
    try:
        with OnnxStylizer(model_path, device=device) as stylizer:
            stylizer(picture)
    except ProviderError as error:
        assert not loads(device)
        text = str(error)
        assert f"device '{device}' does not run here: " in text
        assert PROVIDERS[device].install in text
        assert "\n" not in text
    else:
        assert loads(device)
        assert stylizer.provider == PROVIDERS[device].name
    # Neither the runtime's C++ log nor its Python side may write to the terminal.
    assert capfd.readouterr() == ("", "")


def test_auto_says_nothing_where_there_is_no_gpu(model_path, caplog):
    gpu = any(Path(node).exists() for node in ("/dev/nvidia0", "/dev/nvidiactl", "/dev/dxg"))
    with caplog.at_level(logging.WARNING), OnnxStylizer(model_path) as stylizer:
        ran = stylizer.provider
    if not gpu:
        assert ran == "CPUExecutionProvider"
        assert caplog.text == ""
    elif ran == "CPUExecutionProvider":
        assert len(caplog.records) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="puts a shell script on the path")
@pytest.mark.skipif("CUDAExecutionProvider" not in COMPILED_IN, reason="needs onnxruntime-gpu")
def test_auto_says_in_one_line_that_a_gpu_is_not_used(model_path, tmp_path, monkeypatch, caplog):
    if loads("cuda"):
        pytest.skip("CUDA runs here")
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with caplog.at_level(logging.WARNING), OnnxStylizer(model_path) as stylizer:
        assert stylizer.provider == "CPUExecutionProvider"
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    message = record.getMessage()
    assert message.endswith("running on the CPU")
    assert "[cuda]" in message
    assert "\n" not in message


def test_a_session_that_fell_back_is_found_out(model_path):
    session = onnxruntime.InferenceSession(model_path, providers=["CPUExecutionProvider"])
    assert verify(session, "cpu") == "CPUExecutionProvider"
    assert verify(session, "auto") == "CPUExecutionProvider"
    for device in ("cuda", "openvino"):
        with pytest.raises(ProviderError, match=f"device '{device}' does not run here"):
            verify(session, device)


def test_the_probe_tells_of_every_provider(capfd):
    statuses = {status.device: status for status in probe()}
    assert set(statuses) == set(PROVIDERS)
    assert statuses["cpu"].loads
    for status in statuses.values():
        assert status.compiled_in == (status.name in COMPILED_IN)
        assert status.loads <= status.compiled_in
        assert bool(status.reason) == bool(status.install) == (not status.loads)
        assert "\n" not in status.reason
    assert capfd.readouterr() == ("", "")
