from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import media
import pytest

from realtime.cli.group import root

PROJECT = Path(__file__).parent.parent
README = (PROJECT / "README.md").read_text(encoding="utf-8")
PYTHON_BLOCKS = re.findall(r"^```python\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("number", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_python_examples_run(number, tmp_path):
    assert len(PYTHON_BLOCKS) == 2
    shutil.copytree(PROJECT / "samples", tmp_path / "samples")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PYTHON_BLOCKS[number]],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_every_option_of_video_is_in_the_readme():
    command = root.get_command(click.Context(root), "video")
    options = [name for parameter in command.params for name in parameter.opts]
    for option in (name for name in options if name.startswith("--")):
        assert f"`{option}" in README, option


def test_commands_of_the_readme_exist():
    context = click.Context(root)
    names = re.findall(r"^    (?:.*uv run )?stylecam ([a-z]+)", README, re.MULTILINE)
    assert "video" in names
    for name in names:
        assert root.get_command(context, name) is not None, name


@pytest.mark.parametrize("name", ["train", "export"])
def test_commands_for_training_are_complete(name):
    """With every option that is required, and none that does not exist."""
    line = re.search(rf"^    stylecam {name} (.*)$", README, re.MULTILINE)
    assert line is not None
    command = root.get_command(click.Context(root), name)
    command.make_context(name, shlex.split(line[1]))


def test_continuous_integration_runs_the_second_command():
    commands = re.findall(r"^    pip install uv && (.*)$", README, re.MULTILINE)
    assert len(commands) == 2
    assert f"\n{commands[1]}\n" in (PROJECT / ".ci" / "run").read_text()


def test_files_that_the_readme_names_exist():
    for name in re.findall(r"samples/[\w.]+\w", README):
        assert (PROJECT / name).is_file(), name


@pytest.mark.slow
def test_the_first_command_paints_the_sample_clip(tmp_path):
    """As it stands in the README, but with this Python in place of uv."""
    shutil.copytree(PROJECT / "samples", tmp_path / "samples")
    command = re.search(r"^    pip install uv && uv run stylecam (.*)$", README, re.MULTILINE)
    assert command is not None
    done = subprocess.run(
        [sys.executable, "-m", "realtime", *command[1].split()],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    painted, original = tmp_path / "painted.mp4", PROJECT / "samples" / "city_night.mp4"
    assert media.count_frames(painted) == media.count_frames(original)
    assert painted.stat().st_size > 10_000


def test_every_promise_is_held_by_a_test():
    rows = README.partition("\n## Promises\n")[2].partition("\n## ")[0]
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", rows)
    assert len(named) == rows.count("\n| ") - 1
    for file, test in named:
        source = (PROJECT / file).read_text(encoding="utf-8")
        assert f"def {test}(" in source, f"{file}::{test}"
