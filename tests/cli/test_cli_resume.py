from __future__ import annotations

import media
from media import listing


def batch(tmp_path, call, model, *options):
    return call("video", tmp_path / "in", "-o", tmp_path / "out", "--model", model, *options)


def test_resume_paints_what_is_left(call, model, clip, tmp_path):
    (tmp_path / "in").mkdir()
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        (tmp_path / "in" / name).write_bytes(clip.read_bytes())
    (tmp_path / "in" / "b.mp4").write_bytes(b"noise" * 99)
    first = batch(tmp_path, call, model)
    assert first.code == 2
    assert "2 of 3 files done, 1 failed" in first.err
    before = (tmp_path / "out" / "a.mp4").stat().st_mtime_ns
    (tmp_path / "in" / "b.mp4").write_bytes(clip.read_bytes())
    second = batch(tmp_path, call, model, "--resume")
    assert second.code == 0
    assert "1 of 1 files done, 2 done before" in second.err
    assert (tmp_path / "out" / "a.mp4").stat().st_mtime_ns == before
    assert listing(tmp_path / "out") == ["a.mp4", "b.mp4", "c.mp4"]
    third = batch(tmp_path, call, model, "--resume")
    assert (third.code, third.err) == (0, "stylecam: 3 done before\n")


def test_resume_replaces_a_part_only_when_told(call, model, clip, tmp_path):
    out = tmp_path / "out.mp4"
    arguments = "video", media.make_clip(clip, frames=36), "-o", out, "--model", model
    assert call(*arguments, "--end", "1").code == 0
    result = call(*arguments, "--resume")
    assert result.code == 2
    assert "ends earlier than" in result.error_line
    assert media.count_frames(out) == 12
    assert call(*arguments, "--resume", "--end", "1").code == 0
    assert call(*arguments, "--resume", "--overwrite").code == 0
    assert media.count_frames(out) == 36


def test_resume_of_images(call, model, picture, tmp_path):
    import cv2

    cv2.imwrite(str(tmp_path / "a.png"), picture)
    arguments = "image", tmp_path / "a.png", "-o", tmp_path / "b.png", "--model", model, "--resume"
    assert call(*arguments).code == 0
    assert "1 done before" in call(*arguments).err
