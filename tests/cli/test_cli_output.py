"""What stands where the output goes, and places that cannot be written."""

from __future__ import annotations

import os
import subprocess
import sys

import media
import pytest
from clips import stepped_down
from media import listing


def test_an_existing_video_is_kept_unless_told(call, model, clip, tmp_path):
    out = tmp_path / "out.mp4"
    out.write_bytes(b"precious")
    result = call("video", clip, "-o", out, "--model", model)
    assert result.code == 2
    assert "--overwrite" in result.error_line
    assert out.read_bytes() == b"precious"
    assert call("video", clip, "-o", out, "--model", model, "--overwrite").code == 0
    assert media.count_frames(out) == 12


def test_what_stands_at_the_output_survives_a_failure(call, model, tmp_path):
    out = tmp_path / "out.mp4"
    out.write_bytes(b"precious")
    (tmp_path / "bad.mp4").write_bytes(b"noise" * 99)
    arguments = "video", tmp_path / "bad.mp4", "-o", out, "--model", model, "--overwrite"
    assert call(*arguments).code == 2
    assert out.read_bytes() == b"precious"


def test_permissions(call, model, clip, tmp_path):
    # The first call imports what only root may be able to read.
    assert call("video", clip, "-o", tmp_path / "out.mp4", "--model", model).code == 0
    (tmp_path / "out.mp4").unlink()
    for folder in (tmp_path, *list(tmp_path.parents)[:2], model.parent, model.parent.parent):
        folder.chmod(0o755)
    writable, secret = tmp_path / "writable", tmp_path / "secret.mp4"
    writable.mkdir()
    writable.chmod(0o777)
    secret.write_bytes(clip.read_bytes())
    secret.chmod(0)
    tmp_path.chmod(0o555)
    with stepped_down():
        unreadable = call("video", secret, "-o", writable / "out.mp4", "--model", model)
        unwritable = call("video", clip, "-o", tmp_path / "out.mp4", "--model", model)
    tmp_path.chmod(0o755)
    assert (unreadable.code, unwritable.code) == (2, 2)
    assert "secret.mp4" in unreadable.error_line
    assert "not writable" in unwritable.error_line
    assert listing(tmp_path) == ["clip.mp4", "secret.mp4", "writable"]
    assert listing(writable) == []


def test_a_full_disk(model, clip, tmp_path):
    """A limit on the size of files fails as a full disk does: in the middle of a write."""
    media.make_clip(clip, frames=60, width=320, height=240)
    (tmp_path / "out").mkdir()
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000));"
        "from realtime.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    out = tmp_path / "out" / "out.mp4"
    done = subprocess.run(
        [sys.executable, "-c", code, "video", clip, "-o", out, "--model", model],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("stylecam: error: ")
    assert listing(out.parent) == []


@pytest.mark.skipif(os.name != "posix", reason="closes descriptors with a shell")
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_without_standard_output_or_error(model, clip, tmp_path, closed):
    out = tmp_path / "out.mp4"
    arguments = "-m", "realtime", "video", clip, "-o", out, "--model", model
    done = subprocess.run(
        ["bash", "-c", f'"$@" {closed}', "bash", sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert media.count_frames(out) == 12
