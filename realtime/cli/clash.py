"""Detects that another distribution has taken the import names ``realtime`` or ``export``.

Both names belong to other projects on the package index. Installed into one environment, two
distributions silently overwrite each other's files.
"""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path

DISTRIBUTION = "stylecam"
RUNTIME = __name__.partition(".")[0]
IMPORT_NAMES = (RUNTIME, "export")


def find_clash() -> str | None:
    """What is wrong with the installation and how to mend it, or None if all is well.

    Looks only at the two names, which costs less than a millisecond;
    ``importlib.metadata.packages_distributions`` would read the file list of every distribution.
    """
    for name in IMPORT_NAMES:
        rival = _rival(name)
        if rival:
            return _advice(
                f"the distribution {rival} has overwritten files of {DISTRIBUTION}", name
            )
    # A distribution of any other name can bring a package "realtime" just as well.
    owner = getattr(sys.modules[RUNTIME], "DISTRIBUTION", None)
    if owner != DISTRIBUTION:
        return _advice(f"another distribution has overwritten {DISTRIBUTION}'s package", RUNTIME)
    return None


def _rival(name: str) -> str | None:
    """The installed distribution called ``name`` whose files lie where ours lie."""
    try:
        found = distribution(name)
        spec = find_spec(name)
    except (PackageNotFoundError, ImportError):
        return None
    if spec is None or spec.origin is None:
        return None
    theirs = Path(str(found.locate_file(f"{name}/__init__.py")))
    return f"'{name}' {found.version}" if theirs.resolve() == Path(spec.origin).resolve() else None


def _advice(problem: str, name: str) -> str:
    return (
        f"{problem} ('{name}'); install stylecam into an environment of its own, or run"
        f" 'pip uninstall {name}' and then 'pip install --force-reinstall --no-deps {DISTRIBUTION}'"
    )
