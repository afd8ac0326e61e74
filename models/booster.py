"""LightGBM's own C library for scoring, without its Python package.

Importing ``lightgbm`` takes seconds and 150 MB, because it brings pandas, scikit-learn and
scipy. Scoring needs a few functions of the C library that lies in the installed package; they
are called here through ctypes. Training keeps the package.
"""

from __future__ import annotations

import ctypes
import sys
import threading
import weakref
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from features.errors import ModelError
from features.matrix import Floats

_RAW_SCORE, _FLOAT64, _ROW_MAJOR, _ALL_TREES = 1, 1, 1, -1
_ONE_THREAD = b"num_threads=1 verbosity=-1"
_TWO_THREADS = b"num_threads=2 verbosity=-1"
_MANY_ROWS = 2_000  # from here on a second thread pays
_LIBRARIES = {"win32": "lib_lightgbm.dll", "darwin": "lib_lightgbm.dylib"}
_Held = list[tuple[Callable[[ctypes.c_void_p], int], ctypes.c_void_p]]


class Booster:
    """A LightGBM model that scores; the same row gives the same bits alone and among others.

    Safe to use from several threads.

    Parameters
    ----------
    model_text : str
        LightGBM's text format.

    Raises
    ------
    ModelError
        If the library is not installed or refuses the text.
    """

    def __init__(self, model_text: str) -> None:
        self._library = _library()
        handle, rows = ctypes.c_void_p(), ctypes.c_int()
        self._check(
            self._library.LGBM_BoosterLoadModelFromString(
                model_text.encode(), ctypes.byref(rows), ctypes.byref(handle)
            )
        )
        self._handle = handle
        self._held: _Held = [(self._library.LGBM_BoosterFree, handle)]
        weakref.finalize(self, _free, self._held)
        number = ctypes.c_int()
        self._check(self._library.LGBM_BoosterGetNumFeature(handle, ctypes.byref(number)))
        self.features = number.value
        self._prepare_single_row()

    def _prepare_single_row(self) -> None:
        # the library keeps one row's state in the handle, and we one buffer beside it
        self._lock = threading.Lock()
        self._row, self._margin = np.empty(self.features), np.empty(1)
        single = ctypes.c_void_p()
        self._check(
            self._library.LGBM_BoosterPredictForMatSingleRowFastInit(
                self._handle,
                ctypes.c_int(_RAW_SCORE),
                ctypes.c_int(0),
                ctypes.c_int(_ALL_TREES),
                ctypes.c_int(_FLOAT64),
                ctypes.c_int32(self.features),
                _ONE_THREAD,
                ctypes.byref(single),
            )
        )
        self._held.append((self._library.LGBM_FastConfigFree, single))
        self._single = (
            single,
            ctypes.c_void_p(self._row.ctypes.data),
            ctypes.byref(ctypes.c_int64()),
            ctypes.c_void_p(self._margin.ctypes.data),
        )
        # a call of microseconds keeps the interpreter's lock: to give it up and get it back
        # among busy threads can take milliseconds
        self._score = _held_library().LGBM_BoosterPredictForMatSingleRowFast

    def margins(self, values: Floats) -> Floats:
        """Return the raw scores (log-odds before calibration) of rows.

        Parameters
        ----------
        values : ndarray of float64, shape (n, features)
            NaN is unknown.

        Returns
        -------
        ndarray of float64, shape (n,)

        Raises
        ------
        ModelError
            If the rows have another number of features than the model.
        """
        if values.ndim != 2 or values.shape[1] != self.features:
            message = (
                f"The model takes rows of {self.features} features, not values of shape "
                f"{values.shape}. Select the bundle's features in their order."
            )
            raise ModelError(message)
        if len(values) == 1:
            return self._single_margin(values[0])
        return self._many_margins(values) if len(values) else np.empty(0)

    def _single_margin(self, row: Floats) -> Floats:
        with self._lock:
            self._row[:] = row
            self._check(self._score(*self._single))
            return self._margin.copy()

    def _many_margins(self, values: Floats) -> Floats:
        rows = np.ascontiguousarray(values, dtype=np.float64)
        found, number = np.empty(len(rows)), ctypes.c_int64()
        self._check(
            self._library.LGBM_BoosterPredictForMat(
                self._handle,
                ctypes.c_void_p(rows.ctypes.data),
                ctypes.c_int(_FLOAT64),
                ctypes.c_int32(len(rows)),
                ctypes.c_int32(self.features),
                ctypes.c_int(_ROW_MAJOR),
                ctypes.c_int(_RAW_SCORE),
                ctypes.c_int(0),
                ctypes.c_int(_ALL_TREES),
                _TWO_THREADS if len(rows) >= _MANY_ROWS else _ONE_THREAD,
                ctypes.byref(number),
                ctypes.c_void_p(found.ctypes.data),
            )
        )
        if number.value != len(rows):
            message = (
                f"The model gives {number.value} values for {len(rows)} rows; a grade needs one "
                "log-odds each. Train with `tradegrade train`."
            )
            raise ModelError(message)
        return found

    def _check(self, status: int) -> None:
        if status != 0:
            fault = self._library.LGBM_GetLastError().decode(errors="replace")
            message = (
                f"LightGBM refuses the model ({fault}). Fetch the bundle again, or train anew."
            )
            raise ModelError(message)


def _free(held: _Held) -> None:
    """Give back what the library holds, the last first: it rests on what came before."""
    while held:
        function, handle = held.pop()
        function(handle)


@cache
def _library() -> ctypes.CDLL:
    library = _opened(ctypes.CDLL)
    library.LGBM_GetLastError.restype = ctypes.c_char_p
    return library


@cache
def _held_library() -> ctypes.CDLL:
    return _opened(ctypes.PyDLL)


def _opened(kind: type[ctypes.CDLL]) -> ctypes.CDLL:
    path = library_path()
    try:
        return kind(str(path))
    except OSError as error:
        mend = (
            "Install it with `apt-get install libgomp1`."
            if "libgomp" in str(error)
            else "Install the package lightgbm again."
        )
        message = f"LightGBM's library cannot be loaded ({error}). {mend}"
        raise ModelError(message) from error


def library_path() -> Path:
    """Return where the installed package lightgbm keeps its C library, without importing it.

    Raises
    ------
    ModelError
        If the package or the library in it is missing.
    """
    found = find_spec("lightgbm")
    if found is None or found.origin is None:
        message = "The package lightgbm is not installed. Run `make setup`."
        raise ModelError(message)
    name = _LIBRARIES.get(sys.platform, "lib_lightgbm.so")
    package = Path(found.origin).parent
    places = [package / folder / name for folder in ("lib", "bin", ".")]
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        message = f"The package lightgbm in {package} lacks {name}. Install lightgbm again."
        raise ModelError(message)
    return path
