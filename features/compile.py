"""Source compiled by numba and kept on disk, in a file that is named by its own content.

numba keeps what it compiled beside the file of a function and looks at that file alone, so a
function compiled with a callee of another file would outlive a change of the callee. Here all
that is compiled together is one file, and another content is another file.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from importlib.util import find_spec, module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

from features.errors import UnavailableError

FOLDER = "tradegrade"


def has_compiler() -> bool:
    """Tell whether this process may compile: the server leaves numba out."""
    try:
        return find_spec("numba") is not None
    except ModuleNotFoundError:  # what keeps it out says so
        return False


def compiled_module(name: str, source: str) -> ModuleType:
    """Return the module of a source, from a file so that numba keeps what it compiles.

    Parameters
    ----------
    name : str
        Begins the module's name; a digest of the source ends it.
    source : str
        Python source whose functions are decorated with ``njit(cache=True)``.

    Raises
    ------
    UnavailableError
        If no folder can be written to.
    """
    whole = f"tradegrade_{name}_{hashlib.sha256(source.encode()).hexdigest()[:16]}"
    if whole in sys.modules:
        return sys.modules[whole]
    for folder in _places():
        try:
            path = _written(folder, whole, source)
        except OSError:
            continue  # the next place; the last is a new folder of this process
        loader = SourceFileLoader(whole, str(path))
        module = module_from_spec(spec_from_loader(whole, loader))  # type: ignore[arg-type]
        loader.exec_module(module)
        sys.modules[whole] = module
        return module
    message = "No folder can be written to for compiled code. Set XDG_CACHE_HOME or TMPDIR to one."
    raise UnavailableError(message)


def _written(folder: Path, whole: str, source: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{whole}.py"
    if not path.is_file() or path.read_text(encoding="utf-8") != source:
        half = folder / f".{whole}-{os.getpid()}"
        half.write_text(source, encoding="utf-8")
        half.replace(path)
    return path


def _places() -> Iterator[Path]:
    """Yield where compiled code may be kept: this user's cache, else this process's own folder."""
    given = os.environ.get("XDG_CACHE_HOME")
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - Path.home raises where there is none
    yield (Path(given) if given else home / ".cache") / FOLDER
    yield Path(tempfile.mkdtemp(prefix="tradegrade-"))
