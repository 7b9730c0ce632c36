"""What the tests of several parts of a session share."""

from __future__ import annotations

import pytest

from realtime.engine import OnnxStylizer


@pytest.fixture(scope="module")
def stylizer(model_path):
    with OnnxStylizer(model_path, device="cpu", threads=1) as stylizer:
        yield stylizer
