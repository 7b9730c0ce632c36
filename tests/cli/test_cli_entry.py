from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import click
import pytest

import realtime
from realtime.about import __version__
from realtime.cli import main
from realtime.cli.failures import explain
from realtime.cli.group import COMMANDS
from realtime.messages import install_extra

HEAVY = "av", "cv2", "export", "numpy", "onnxruntime", "rich", "torch"
PACKAGE = Path(realtime.__file__).parent


def python(*arguments: str, **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False, **options
    )


def test_version(call):
    result = call("--version")
    assert (result.code, result.out) == (0, f"stylecam {__version__}\n")


def test_help_names_every_command(call):
    result = call("--help")
    assert result.code == 0
    for name in COMMANDS:
        assert f"\n  {name} " in result.out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(call, command):
    result = call(command, "--help")
    assert result.code == 0
    assert result.out.startswith(f"Usage: stylecam {command}")


def test_no_arguments_show_the_help(call):
    result = call()
    assert result.code == 2
    assert "Commands:" in result.err


@pytest.mark.parametrize("arguments", [["--version"], ["video", "--help"]])
def test_nothing_heavy_is_imported_before_the_arguments_are_parsed(arguments):
    code = (
        "import sys; from realtime.cli import main; main(sys.argv[1:]);"
        f"loaded = [m for m in {HEAVY!r} if m in sys.modules]; sys.exit(str(loaded or ''))"
    )
    done = python("-c", code, *arguments)
    assert done.stderr.strip() == ""


@pytest.mark.parametrize("name", ["torch", "numpy", "onnx", "av"])
def test_the_help_page_loads_no_heavy_package(name):
    code = (
        "import sys; from realtime.cli import main; main(['--help']);"
        f" print({name!r} in sys.modules)"
    )
    assert python("-c", code).stdout.endswith("False\n")


def test_unknown_command_suggests_the_nearest(call):
    result = call("vidoe", "in.mp4")
    assert result.code == 2
    assert "did you mean 'video'?" in result.error_line


def test_unknown_option(call):
    result = call("video", "--stlye", "x", "in.mp4", "-o", "out.mp4")
    assert result.code == 2
    assert "--style" in result.error_line
    assert "stylecam video --help" in result.error_line


def test_a_question_is_not_followed_by_a_semicolon(call):
    assert call("--verison").error_line.endswith("'--version'? see 'stylecam --help'")


def test_missing_output(call):
    result = call("video", "in.mp4")
    assert result.code == 2
    assert "--output" in result.error_line


def test_commands_of_entry_points_are_listed(call):
    names = {entry.name for entry in entry_points(group="stylecam.commands")}
    assert {"train", "export", "optimize"} <= names
    listed = call("--help").out
    for name in names:
        assert f"\n  {name} " in listed


def test_training_without_torch_names_the_extra(tmp_path):
    # An import hook is the only way to be without torch where the tests have it.
    (tmp_path / "run.py").write_text(
        "import sys\n"
        "sys.modules['torch'] = None\n"
        "from realtime.cli import main\n"
        "sys.exit(main("
        "['train', 'a.jpg', '--content', '.', '--loss-network', 'vgg16', '-o', 'out']))\n"
    )
    done = python(str(tmp_path / "run.py"), cwd=tmp_path)
    assert done.returncode == 2
    said = "stylecam: error: this command needs torch; install it with: "
    assert done.stderr.splitlines() == [said + install_extra("train")]


def test_a_bug_keeps_its_traceback(call, monkeypatch):
    monkeypatch.setitem(COMMANDS, "styles", "._no_such_module:styles")
    result = call("styles")
    assert result.code == 1
    assert "Traceback" in result.err
    assert "_no_such_module" in result.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(call, shell):
    result = call("completion", shell)
    assert result.code == 0
    assert "_STYLECAM_COMPLETE" in result.out


def complete(words: str) -> list[str]:
    count = str(len(words.split(" ")) - 1)
    variables = {"_STYLECAM_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": count}
    done = python("-m", "realtime", env=os.environ | variables)
    assert done.returncode == 0, done.stderr
    return [line.partition(",")[2] for line in done.stdout.splitlines() if line]


def test_completion_knows_commands_options_styles_and_devices(model):
    assert complete("stylecam vi") == ["video"]
    assert complete("stylecam video --sty") == ["--style"]
    assert complete(f"stylecam video --model {model} --style s") == ["swapped"]
    assert complete(f"stylecam video --model {model} --style negative:1,s") == [
        "negative:1,swapped"
    ]
    assert complete("stylecam video --device cu") == ["cuda"]
    assert complete("stylecam video --model none.onnx --style s") == []


def test_verbose_shows_the_cause(call, tmp_path):
    picture = tmp_path / "none.png"
    arguments = ["image", picture, "-o", tmp_path / "out.png", "--model", tmp_path / "none.onnx"]
    assert "Traceback" not in call(*arguments).err
    result = call(*arguments, "--verbose")
    assert result.code == 2
    assert "FileNotFoundError" in result.err
    assert result.err.splitlines()[-1].startswith("stylecam: error: ")


def test_closed_pipe():
    command = f"{sys.executable} -m realtime --help; echo $? >&2"
    done = subprocess.run(
        ["bash", "-c", f"exec 3>&2; {{ {command.replace('>&2', '>&3')}; }} | true"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr.strip() in {"0", "141"}


def test_messages_are_one_line_without_control_characters():
    assert explain(click.ClickException("a\n b\x1b[31m\tc.")) == "a b [31m c"
    assert explain(RuntimeError("a bug")) is None
    assert explain(OSError(28, "No space left on device", "x.mp4")) == "the disk is full (x.mp4)"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder with stylecam's files, as an installation makes it."""
    folder = tmp_path / "site"
    shutil.copytree(PACKAGE, folder / "realtime", ignore=shutil.ignore_patterns("models"))
    (folder / "export").mkdir()
    (folder / "export" / "__init__.py").touch()
    return folder


def run_in(site: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(site)}
    return python("-m", "realtime", "--version", env=environment, cwd=site.parent)


def add_distribution(site: Path, name: str, owned: str) -> None:
    info = site / f"{name}-9.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 9.1\n")
    (info / "RECORD").write_text(f"{owned}/__init__.py,,\n")


def test_a_clean_installation_has_no_clash(site):
    assert run_in(site).stdout.startswith("stylecam ")


@pytest.mark.parametrize("name", ["realtime", "export"])
def test_a_distribution_that_owns_our_name_is_named(site, name):
    add_distribution(site, name, name)
    done = run_in(site)
    assert done.returncode == 2
    assert f"'{name}' 9.1" in done.stderr
    assert f"pip uninstall {name}" in done.stderr


def test_a_foreign_package_under_our_name_is_noticed(site):
    (site / "realtime" / "__init__.py").write_text("VERSION = 'another project'\n")
    done = run_in(site)
    assert done.returncode == 2
    assert "another distribution" in done.stderr


def test_main_uses_the_process_arguments(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["stylecam", "--version"])
    assert main() == 0
    assert capsys.readouterr().out.startswith("stylecam ")
