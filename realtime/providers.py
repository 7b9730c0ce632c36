"""Which ONNX Runtime provider runs: asked for, tried, and verified.

ONNX Runtime names the providers that were compiled in, not those that load, and falls back to the
processor without a word. Here an explicit device either runs or is an error that says why; only
``auto`` may fall back. A new provider is one entry in ``PROVIDERS``.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import logging
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

from .errors import OptionError, ProviderError
from .messages import did_you_mean, install_extra, one_line

logger = logging.getLogger(__name__)

Session: TypeAlias = Any
"""An ``onnxruntime.InferenceSession``; ONNX Runtime ships no types."""

SessionOptions: TypeAlias = Any
"""An ``onnxruntime.SessionOptions``."""

CPU = "cpu"
AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Provider:
    """One way to run a model.

    Attributes:
        device: how the command line calls it.
        name: how ONNX Runtime calls it.
        install: what the user can do where it does not run.
        memory: where the tensors live, as ONNX Runtime names the device.
        options: of the provider, as ONNX Runtime takes them.
        library: the provider's shared library, whose missing parts explain a failure.
    """

    device: str
    name: str
    install: str
    memory: str = "cpu"
    options: Mapping[str, str] = field(default_factory=dict)
    library: str | None = None


PROVIDERS: dict[str, Provider] = {
    provider.device: provider
    for provider in (
        Provider(
            "cuda",
            "CUDAExecutionProvider",
            f"{install_extra('cuda')} (and an NVIDIA driver for CUDA 13)",
            memory="cuda",
            # An exhaustive search runs anew for each size and takes seconds; this finds the same.
            options={
                "cudnn_conv_algo_search": "HEURISTIC",
                "arena_extend_strategy": "kSameAsRequested",
            },
            library="onnxruntime_providers_cuda",
        ),
        Provider(
            "tensorrt",
            "TensorrtExecutionProvider",
            f"{install_extra('cuda')} and put TensorRT 10 for CUDA 13 on the library path",
            memory="cuda",
            library="onnxruntime_providers_tensorrt",
        ),
        Provider(
            "coreml",
            "CoreMLExecutionProvider",
            "use macOS, where onnxruntime includes it",
        ),
        Provider(
            "directml",
            "DmlExecutionProvider",
            "use Windows, and pip install onnxruntime-directml in place of onnxruntime-gpu",
        ),
        Provider(
            "openvino",
            "OpenVINOExecutionProvider",
            "pip install onnxruntime-openvino in place of onnxruntime-gpu",
        ),
        Provider(CPU, "CPUExecutionProvider", "pip install onnxruntime"),
    )
}

DEVICES: tuple[str, ...] = (AUTO, CPU, *(device for device in PROVIDERS if device != CPU))
"""What ``--device`` accepts."""

# TensorRT builds an engine for minutes at the first frame: only for those who ask for it.
# CoreML compiles anew for each size, and is in every wheel for macOS, asked for or not.
_AUTO_ORDER = ("cuda", "directml", "openvino")

# y = -x for one number, as an ONNX file: enough to see whether a provider loads.
_MINIMAL_MODEL = bytes.fromhex(
    "080812003a320a0b0a017812017922034e65671201675a0f0a0178120a0a0808"
    "0112040a020801620f0a0179120a0a08080112040a02080142040a001011"
)

_DRIVER = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"


class ProviderNotRunningError(ProviderError):
    """Says which provider does not run, why, and what to install."""

    def __init__(self, provider: Provider, reason: str) -> None:
        super().__init__(
            f"device '{provider.device}' does not run here: {reason};"
            f" to use it, {provider.install}; or use --device cpu"
        )
        self.reason = reason


@dataclass(frozen=True, slots=True)
class ProviderStatus:
    """What is known of one provider on this machine.

    Attributes:
        device: how the command line calls it.
        name: how ONNX Runtime calls it.
        compiled_in: the installed ONNX Runtime contains it.
        loads: a model runs on it here.
        reason: why it does not load; empty if it does.
        install: what to do about it; empty if it loads.
    """

    device: str
    name: str
    compiled_in: bool
    loads: bool
    reason: str = ""
    install: str = ""


def is_of_runtime(error: Exception) -> bool:
    """Whether ONNX Runtime raised it; some of its errors have no type of their own."""
    return isinstance(error, RuntimeError) or type(error).__module__.startswith("onnxruntime")


def runtime() -> ModuleType:
    """ONNX Runtime, imported on first use and with its log silenced.

    Its C++ log goes straight to stderr and repeats, over several lines, what is raised or
    explained here in one. Its telemetry stays off unless the user has set the variable.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    onnxruntime.set_default_logger_severity(4)
    return onnxruntime  # type: ignore[no-any-return]


def resolve(device: str) -> list[Provider]:
    """The providers to try for ``device``, in order.

    Raises:
        OptionError: an unknown device.
        ProviderError: the installed ONNX Runtime does not contain the provider.
    """
    if device not in DEVICES:
        raise OptionError(
            f"unknown device '{device}'{_hint(device)} (choose from {', '.join(DEVICES)})"
        )
    compiled_in = set(runtime().get_available_providers())
    if device == AUTO:
        likely = [PROVIDERS[name] for name in _AUTO_ORDER if _has_hardware(name)]
        return [p for p in likely if p.name in compiled_in] + [PROVIDERS[CPU]]
    provider = PROVIDERS[device]
    if provider.name not in compiled_in:
        raise ProviderNotRunningError(provider, "this ONNX Runtime does not contain it")
    return [provider]


def _hint(device: str) -> str:
    """The nearest name; "gpu" is near to "cpu" in letters only."""
    return did_you_mean("cuda" if device.lower() in ("gpu", "nvidia") else device, DEVICES)


def open_session(device: str, create: Callable[[list[Any]], Session]) -> tuple[Session, Provider]:
    """Open a session on ``device``.

    Args:
        device: one of ``DEVICES``.
        create: makes an ``InferenceSession`` with the providers that it is given.

    Returns:
        The session, and the provider that it really runs on.

    Raises:
        OptionError: an unknown device.
        ProviderError: an explicit device does not run here; says why and what to install.
    """
    candidates = resolve(device)
    for provider in candidates[:-1]:
        try:
            return _open(provider, create), provider
        except ProviderError as error:
            logger.warning("%s; running on the CPU", error)
    return _open(candidates[-1], create), candidates[-1]


def session_options(threads: int, *, spinning: bool) -> SessionOptions:
    """How every session that paints is opened.

    Args:
        threads: of the processor.
        spinning: let idle threads wait actively.
    """
    options = runtime().SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", str(int(spinning)))
    # Planned memory comes on top of what the first picture of a size has taken.
    options.enable_mem_pattern = False
    return options


def verify(session: Session, device: str) -> str:
    """The name of the provider that ``session`` runs on, which must be the one of ``device``.

    Raises:
        ProviderError: ONNX Runtime fell back to another one.
    """
    running: list[str] = session.get_providers()
    if device != AUTO and PROVIDERS[device].name not in running:
        raise ProviderNotRunningError(PROVIDERS[device], _why_not(PROVIDERS[device]))
    return running[0]


def probe() -> list[ProviderStatus]:
    """Try every provider on this machine by opening a minimal model on it."""
    ort = runtime()
    compiled_in = set(ort.get_available_providers())
    return [_probe_one(ort, p, p.name in compiled_in) for p in PROVIDERS.values()]


def _probe_one(ort: ModuleType, provider: Provider, compiled_in: bool) -> ProviderStatus:
    reason = "this ONNX Runtime does not contain it"
    if compiled_in:
        options = ort.SessionOptions()
        options.log_severity_level = 4
        try:
            _open(
                provider,
                lambda providers: ort.InferenceSession(
                    _MINIMAL_MODEL, options, providers=providers, enable_fallback=False
                ),
            )
            return ProviderStatus(provider.device, provider.name, True, True)
        except ProviderNotRunningError as error:
            reason = error.reason
    return ProviderStatus(
        provider.device, provider.name, compiled_in, False, reason, provider.install
    )


def _open(provider: Provider, create: Callable[[list[Any]], Session]) -> Session:
    if provider.memory == "cuda":
        _preload_cuda()
    try:
        session = create([(provider.name, dict(provider.options))])
    except Exception as error:
        # ONNX Runtime's errors have no common base class of their own.
        if type(error).__module__.startswith("onnxruntime") or isinstance(error, RuntimeError):
            reason = _why_not(provider, one_line(error))
            raise ProviderNotRunningError(provider, reason) from error
        raise
    verify(session, provider.device)
    return session


def _why_not(provider: Provider, fallback: str = "ONNX Runtime did not load it") -> str:
    """Why a provider does not load; ONNX Runtime itself says so only on stderr."""
    if provider.memory == "cuda" and not _nvidia_driver():
        return f"no NVIDIA driver was found ({_DRIVER})"
    if provider.library is not None:
        folder = Path(str(runtime().__file__)).parent / "capi"
        try:
            ctypes.CDLL(str(folder / _library_name(provider.library)))
        except OSError as error:
            return one_line(error)
    return fallback


def _nvidia_driver() -> bool:
    try:
        ctypes.CDLL(_DRIVER)
    except OSError:
        return False
    return True


def _library_name(stem: str) -> str:
    return f"{stem}.dll" if sys.platform == "win32" else f"lib{stem}.so"


def _has_hardware(device: str) -> bool:
    """Whether ``auto`` should try ``device``: a machine without a GPU is the normal case."""
    if device != "cuda":
        return True
    nodes = ("/dev/nvidia0", "/dev/nvidiactl", "/dev/dxg")
    return any(Path(node).exists() for node in nodes) or shutil.which("nvidia-smi") is not None


def _preload_cuda() -> None:
    """Load CUDA and cuDNN from the NVIDIA wheels, which the linker does not find by itself."""
    # It prints what it does not find; _why_not says so where it matters.
    with contextlib.redirect_stdout(io.StringIO()):
        runtime().preload_dlls()
