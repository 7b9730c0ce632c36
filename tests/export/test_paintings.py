from __future__ import annotations

from pathlib import Path

import cv2
import media
import pytest

from export.paintings import LearningHints, describe_style, learning_hints, read_painting
from realtime.errors import OptionError


def test_known_paintings_have_a_painter():
    style = describe_style(Path("the_scream.jpg"))
    assert (style.title, style.license) == ("The Scream", "public domain")
    assert "Munch" in style.artist


def test_own_paintings_may_say_what_they_are(tmp_path):
    (tmp_path / "mine.toml").write_text('title = "Dawn"\nartist = "Me"\nlicense = "CC0"\n')
    style = describe_style(tmp_path / "mine.jpg")
    assert (style.title, style.artist, style.license) == ("Dawn", "Me", "CC0")


def test_a_name_must_do_where_nothing_is_known():
    style = describe_style(Path("blue_dog.png"))
    assert (style.title, style.artist, style.license) == ("Blue dog", "", "")


def test_names_that_an_option_could_not_hold_are_refused():
    with pytest.raises(OptionError, match="rename"):
        describe_style(Path("a:b,c.jpg"))


def test_damaged_notes_are_refused(tmp_path):
    (tmp_path / "mine.toml").write_text("title = ")
    with pytest.raises(OptionError, match="TOML"):
        describe_style(tmp_path / "mine.jpg")


def test_a_painting_may_say_how_it_is_best_learned(tmp_path):
    path = tmp_path / "mine.png"
    cv2.imwrite(str(path), media.draw(0, 64, 48))
    assert learning_hints(path) == LearningHints(scale=1, weight=1)
    assert read_painting(path, 48).shape == (48, 64, 3)
    (tmp_path / "mine.toml").write_text("scale = 0.5\nweight = 2\n")
    assert learning_hints(path) == LearningHints(scale=0.5, weight=2)
    assert read_painting(path, 48).shape == (24, 32, 3)
    with pytest.raises(OptionError, match=r"mine\.png of 30 pixels .* 15 pixels small"):
        read_painting(path, 30)


@pytest.mark.parametrize("value", ['"large"', "0", "-1", "nan", "11", "true"])
@pytest.mark.parametrize("key", ["scale", "weight"])
def test_hints_out_of_range_are_refused(tmp_path, key, value):
    (tmp_path / "mine.toml").write_text(f"{key} = {value}\n")
    with pytest.raises(OptionError, match=rf"'{key}' of mine\.jpg .* from 0\.1 to 10"):
        learning_hints(tmp_path / "mine.jpg")
