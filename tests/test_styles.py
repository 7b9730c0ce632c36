from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.errors import OptionError
from realtime.model import ModelDescription, StyleInfo
from realtime.styles import parse_style

NAMES = ("starry_night", "great_wave", "scream")
DESCRIPTION = ModelDescription(
    (StyleInfo("starry_night"), StyleInfo("same", is_identity=True), StyleInfo("great_wave"),
     StyleInfo("scream"))
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        ("starry_night", [1, 0, 0, 0]),
        ("scream", [0, 0, 0, 1]),
        ("starry_night:0.75,great_wave:0.25", [0.75, 0, 0.25, 0]),
        (" starry_night : 3 , great_wave : 1 ", [0.75, 0, 0.25, 0]),
        ("starry_night,great_wave", [0.5, 0, 0.5, 0]),
        ("starry_night:0,great_wave:5", [0, 0, 1, 0]),
        ("starry_night:1e308,great_wave:1e308", [0.5, 0, 0.5, 0]),
        ("starry_night:5e-324", [1, 0, 0, 0]),
    ],
)
def test_weights(text, weights):
    parsed = parse_style(text, DESCRIPTION)
    assert parsed.dtype == np.float32
    assert parsed.tolist() == weights


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("stary_night", "did you mean 'starry_night'"),
        ("Scream", "did you mean 'scream'"),
        ("qqqq", "choose from "),
        ("", "unknown style ''"),
        ("scream,", "unknown style ''"),
        (",", "unknown style ''"),
        ("same", "unknown style 'same'"),
        ("scream:-1", "'-1'"),
        ("scream:nan", "'nan'"),
        ("scream:inf", "'inf'"),
        ("scream:", "weight ''"),
        ("scream:a", "'a'"),
        ("scream:1:2", "'1:2'"),
        ("scream:0,great_wave:0", "all 0"),
        ("scream:1,scream:2", "given twice"),
    ],
)
def test_nonsense(text, reason):
    with pytest.raises(OptionError) as caught:
        parse_style(text, DESCRIPTION)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


@given(
    st.dictionaries(
        st.sampled_from(NAMES), st.floats(0, 1e308, allow_nan=False), min_size=1
    ).filter(lambda weights: any(weights.values()))
)
def test_any_weights_become_shares(weights):
    text = ",".join(f"{name}:{weight!r}" for name, weight in weights.items())
    parsed = parse_style(text, DESCRIPTION)
    assert np.isfinite(parsed).all()
    assert (parsed >= 0).all()
    assert parsed.sum() == pytest.approx(1, abs=1e-6)
    assert parsed[1] == 0


@given(st.text(max_size=40))
def test_any_text_is_either_weights_or_one_clear_error(text):
    try:
        parsed = parse_style(text, DESCRIPTION)
    except OptionError:
        return
    assert parsed.sum() == pytest.approx(1, abs=1e-6)
