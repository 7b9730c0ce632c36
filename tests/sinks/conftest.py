"""What the tests of several sinks share."""

from __future__ import annotations

import clips
import pytest


@pytest.fixture(scope="module")
def rich(tmp_path_factory):
    """Two sound tracks, subtitles, chapters and tags, with reordered frames."""
    return clips.write_clip(
        tmp_path_factory.mktemp("rich") / "rich.mp4",
        frames=15,
        options={"bf": "2"},
        languages=("eng", "fra"),
        subtitles="mov_text",
        chapters=True,
        metadata={"title": "A film", "creation_time": "2020-02-03T04:05:06.000000Z"},
    )
