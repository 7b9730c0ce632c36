"""Model files: where they lie, and whether they keep the contract of ``model``."""

from __future__ import annotations

import importlib.resources
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .errors import ModelError
from .messages import one_line
from .model import ModelDescription, check_tensors
from .providers import Session, SessionOptions, is_of_runtime, runtime

DEFAULT_NAME = "stylecam.onnx"
_SAMPLE_NAME = "portrait.jpg"

# A protobuf message, which an ONNX file is, cannot be larger.
_LARGEST_FILE = 2**31


@dataclass(frozen=True, slots=True, repr=False)
class CheckedModel:
    """A model file that was read whole and keeps the contract.

    Attributes:
        path: where it was read.
        data: the bytes of the file.
        description: what it says of itself.
    """

    path: Path
    data: bytes
    description: ModelDescription


def default_model() -> Path:
    """The model that ships with stylecam.

    Raises:
        ModelError: this installation has none.
    """
    path = _models_folder() / DEFAULT_NAME
    if not path.is_file():
        raise ModelError(
            f"the default model {path} is missing; reinstall stylecam or name one with --model"
        )
    return path


def sample_picture() -> Path:
    """The photograph that ships with stylecam, to show styles on."""
    return _models_folder() / _SAMPLE_NAME


def bundled_models() -> list[Path]:
    """Every model that ships with stylecam, the default first, then by name."""
    paths = _models_folder().glob("*.onnx")
    return sorted(paths, key=lambda path: (path.name != DEFAULT_NAME, path.name))


def describe(path: Path) -> ModelDescription:
    """What a model file says of itself.

    Raises:
        ModelError: missing, damaged, or not a stylecam model.
    """
    return read_model(path).description


def read_model(path: Path) -> CheckedModel:
    """Read a model file and check it against the contract.

    Raises:
        ModelError: missing, unreadable, damaged, of another project, or with its weights in
            another file.
    """
    data = _read(path)
    ort = runtime()
    options = ort.SessionOptions()
    options.log_severity_level = 4
    # Only tensors and metadata are looked at, so nothing is worth optimising.
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    session = _open_untrusted(data, options, path)
    try:
        metadata = session.get_modelmeta().custom_metadata_map
        inputs = [(tensor.name, tensor.type, tensor.shape) for tensor in session.get_inputs()]
        outputs = [(tensor.name, tensor.type, tensor.shape) for tensor in session.get_outputs()]
    except UnicodeDecodeError as error:
        raise ModelError(f"{path} is damaged: it holds a name that is no text") from error
    description = ModelDescription.from_metadata(metadata, str(path))
    check_tensors(inputs, outputs, len(description.styles), str(path))
    return CheckedModel(path, data, description)


def _models_folder() -> Path:
    return Path(str(importlib.resources.files(__package__) / "models"))


def _read(path: Path) -> bytes:
    try:
        if path.is_file() and path.stat().st_size > _LARGEST_FILE:
            raise ModelError(f"{path} is too large for a model (over 2 GiB)")
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise ModelError(f"model {path} does not exist; check the name") from error
    except OSError as error:
        raise ModelError(f"model {path} cannot be read ({error.strerror})") from error
    if not data:
        raise ModelError(f"model {path} is empty; export it again")
    return data


def _open_untrusted(data: bytes, options: SessionOptions, path: Path) -> Session:
    ort = runtime()
    # A model may name another file for its weights. Ours never do, and a stranger's model must
    # not read files of its choice, so they are looked for in a folder that is empty.
    with tempfile.TemporaryDirectory(prefix="stylecam-") as empty:
        options.add_session_config_entry(
            "session.model_external_initializers_file_folder_path", empty
        )
        try:
            return ort.InferenceSession(
                data, options, providers=["CPUExecutionProvider"], enable_fallback=False
            )
        except Exception as error:
            # Its message may hold names of the file that are no text.
            if not (is_of_runtime(error) or isinstance(error, UnicodeDecodeError)):
                raise
            if "external data" in str(error).lower():
                raise ModelError(
                    f"{path} keeps its weights in another file, which is refused;"
                    " export it as one file"
                ) from error
            raise ModelError(
                f"{path} is not a readable ONNX file ({one_line(error)});"
                " it may be truncated, or of another kind"
            ) from error
