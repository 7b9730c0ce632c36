"""What the tests of several sources share."""

from __future__ import annotations

import clips
import pytest


@pytest.fixture(scope="session")
def clip(tmp_path_factory):
    """Twenty frames, each a keyframe only where x264 likes, with reordering."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    return clips.write_clip(path, frames=20, options={"bf": "2", "g": "8"}, languages=("eng",))
