"""Keep the server's process small, and have it run nothing that a pickle holds."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

# pyarrow and others load these only because they find them, and use them for nothing here
UNUSED = frozenset({"pandas", "mlflow", "shap", "sklearn", "scipy", "numba", "matplotlib"})


class _Absent:
    """The first to be asked for a module; it says of some that they are not there."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name.partition(".")[0] in UNUSED:
            message = f"The server leaves {name} out."
            raise ModuleNotFoundError(message, name=name)
        return None


def leave_out_what_is_unused() -> None:
    """Let every later import of a heavy package fail as if it were not installed.

    Where one of them should be needed after all, the error says so at once; nothing goes on
    slower or larger unseen.
    """
    sys.meta_path.insert(0, _Absent)


def refuse_pickles() -> None:
    """Have this process refuse to load any class or function that a pickle names.

    The module itself cannot be kept out: NumPy and SQLAlchemy import it. What makes a pickle
    dangerous is that loading it looks up and calls what it names; an audit hook stops that.
    Babel's locales, which are pickles of its own package, must have been read before.
    """
    sys.addaudithook(_refuse)


def _refuse(event: str, _: tuple[object, ...]) -> None:
    if event == "pickle.find_class":
        message = "The server loads no pickle."
        raise RuntimeError(message)
