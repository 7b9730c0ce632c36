from __future__ import annotations

from pathlib import Path

import pytest

from export.paintings import describe_style
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
