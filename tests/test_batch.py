from __future__ import annotations

import os
from pathlib import Path

import pytest

from realtime.batch import IMAGE, VIDEO, plan_jobs
from realtime.errors import OptionError, SinkError, SourceError


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    folder = tmp_path / "clips"
    folder.mkdir()
    for name in ("b.mp4", "a.MOV", "c.webm", "notes.txt", "._a.mov", "photo.jpg"):
        (folder / name).write_bytes(b"x")
    return folder


def outputs(plan):
    return [job.output.name for job in plan.jobs]


def test_one_file_becomes_one_file(clips, tmp_path):
    plan = plan_jobs([str(clips / "b.mp4")], str(tmp_path / "out.mkv"), VIDEO)
    assert [(job.input, job.output) for job in plan.jobs] == [
        (str(clips / "b.mp4"), tmp_path / "out.mkv")
    ]
    assert plan.folder is None


def test_one_file_goes_into_an_existing_folder(clips, tmp_path):
    plan = plan_jobs([str(clips / "b.mp4")], str(tmp_path), VIDEO)
    assert plan.jobs[0].output == tmp_path / "b.mp4"


def test_a_folder_is_searched_for_its_kind(clips, tmp_path):
    plan = plan_jobs([str(clips)], str(tmp_path / "out"), VIDEO)
    assert outputs(plan) == ["a.MOV", "b.mp4", "c.mp4"]
    assert plan.new_folder
    assert not (tmp_path / "out").exists()
    assert outputs(plan_jobs([str(clips)], str(tmp_path / "out"), IMAGE)) == ["photo.jpg"]


def test_a_pattern_matches_and_one_match_still_makes_a_folder(clips, tmp_path):
    plan = plan_jobs([str(clips / "*.mp4")], str(tmp_path / "out"), VIDEO)
    assert [job.output for job in plan.jobs] == [tmp_path / "out" / "b.mp4"]


def test_a_name_with_brackets_that_exists_is_no_pattern(tmp_path):
    clip = tmp_path / "a[1].mp4"
    clip.write_bytes(b"x")
    plan = plan_jobs([str(clip)], str(tmp_path / "out.mp4"), VIDEO)
    assert plan.jobs[0].input == str(clip)


def test_a_missing_file_is_left_to_the_job(tmp_path):
    plan = plan_jobs([str(tmp_path / "none.mp4")], str(tmp_path / "out.mp4"), VIDEO)
    assert len(plan.jobs) == 1


@pytest.mark.parametrize("name", ["*.mkv", "nothing/*.mp4"])
def test_a_pattern_without_a_match(clips, tmp_path, name):
    with pytest.raises(SourceError, match="no file matches"):
        plan_jobs([str(clips / name)], str(tmp_path / "out"), VIDEO)


def test_a_folder_without_videos(tmp_path):
    with pytest.raises(SourceError, match="has no video files"):
        plan_jobs([str(tmp_path)], str(tmp_path / "out"), VIDEO)


def test_names_that_collide(clips, tmp_path):
    with pytest.raises(OptionError, match="would both become"):
        plan_jobs([str(clips / "b.mp4"), str(clips / "B.webm")], str(tmp_path / "out"), VIDEO)


@pytest.mark.parametrize("overwrite", [False, True])
def test_output_equals_input(clips, overwrite):
    clip = str(clips / "b.mp4")
    detour = str(clips / ".." / "clips" / "b.mp4")
    with pytest.raises(OptionError, match="is also an input"):
        plan_jobs([clip], detour, VIDEO, overwrite=overwrite)
    with pytest.raises(OptionError, match="is also an input"):
        plan_jobs([str(clips)], str(clips), VIDEO, overwrite=overwrite)


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_output_is_a_link_to_the_input(clips, tmp_path, link):
    link(clips / "b.mp4", tmp_path / "link.mp4")
    with pytest.raises(OptionError, match="is also an input"):
        plan_jobs([str(clips / "b.mp4")], str(tmp_path / "link.mp4"), VIDEO, overwrite=True)


def test_existing_output_needs_overwrite(clips, tmp_path):
    (tmp_path / "b.mp4").write_bytes(b"precious")
    arguments = [str(clips / "b.mp4")], str(tmp_path), VIDEO
    with pytest.raises(SinkError, match="--overwrite"):
        plan_jobs(*arguments)
    assert plan_jobs(*arguments, overwrite=True).jobs[0].output == tmp_path / "b.mp4"


def test_several_inputs_need_a_folder(clips, tmp_path):
    both = [str(clips / "b.mp4"), str(clips / "c.webm")]
    with pytest.raises(SinkError, match="looks like a file"):
        plan_jobs(both, str(tmp_path / "out.mp4"), VIDEO)
    (tmp_path / "out").write_bytes(b"x")
    with pytest.raises(SinkError, match="is a file"):
        plan_jobs(both, str(tmp_path / "out"), VIDEO)


def test_folder_of_the_output_is_missing_or_a_file(clips, tmp_path):
    clip = str(clips / "b.mp4")
    with pytest.raises(SinkError, match="there is no folder"):
        plan_jobs([clip], str(tmp_path / "no" / "out.mp4"), VIDEO)
    with pytest.raises(SinkError, match="there is no folder"):
        plan_jobs([clip, clip], str(tmp_path / "no" / "out"), VIDEO)
    with pytest.raises(SinkError, match="not a folder"):
        plan_jobs([clip], str(clips / "b.mp4" / "out.mp4"), VIDEO)


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder nobody can write to")
def test_folder_that_cannot_be_written_even_by_root(clips):
    with pytest.raises(SinkError, match="not writable"):
        plan_jobs([str(clips / "b.mp4")], "/proc/self/out.mp4", VIDEO)


def test_output_is_no_regular_file(clips):
    with pytest.raises(SinkError, match="no regular file"):
        plan_jobs([str(clips / "b.mp4")], "/dev/null", VIDEO)


@pytest.mark.parametrize(("inputs", "output"), [(("",), "out.mp4"), (("a.mp4",), "")])
def test_an_empty_name_does_not_mean_this_folder(clips, monkeypatch, inputs, output):
    monkeypatch.chdir(clips)
    with pytest.raises((SourceError, SinkError), match="empty name"):
        plan_jobs(inputs, output, VIDEO)


def test_an_address_with_a_question_mark_is_no_pattern(tmp_path):
    address = "http://host.example/film?id=[1]"
    plan = plan_jobs([address], str(tmp_path / "out.mp4"), VIDEO)
    assert plan.jobs[0].input == address


def test_links_that_lead_in_a_circle_are_left_to_the_job(clips, tmp_path):
    loop = tmp_path / "loop.mp4"
    loop.symlink_to(loop)
    assert plan_jobs([str(loop)], str(tmp_path / "out.mp4"), VIDEO).jobs
    assert plan_jobs([str(clips / "b.mp4")], str(loop), VIDEO).jobs
