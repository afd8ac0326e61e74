"""Unified social credit codes with valid check digits, from a range that no authority issues."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.ledger.simulate.arrays import Ints, digits, fixed_width

_ALPHABET = np.frombuffer(b"0123456789ABCDEFGHJKLMNPQRTUWXY", np.uint8)
_MADE_UP = "91000000"  # an enterprise, registered in a region that does not exist
_ORGANISATION_WEIGHTS = np.array([3, 7, 9, 10, 5, 8, 4, 2])
_CODE_WEIGHTS = np.array([3**place % 31 for place in range(17)])
_X_OF_36 = 33  # X among 0-9A-Z, the alphabet of the organisation code
_X_OF_31 = 29  # X among the 31 letters of the whole code


def usccs(number: Ints) -> pa.Array:
    """Return the code of each customer number below 10 million.

    The ninth to sixteenth letters are the number, the seventeenth is the check digit of
    GB 11714-1997, the eighteenth that of GB 32100-2015.

    Examples
    --------
    >>> usccs(np.array([1])).to_pylist()
    ['91000000X00000019R']
    """
    body = digits(number, 7).astype(np.int64)
    rows = len(number)
    organisation = np.hstack([np.full((rows, 1), _X_OF_36), body])
    check = 11 - organisation @ _ORGANISATION_WEIGHTS % 11
    inner = np.where(check == 11, 0, np.where(check == 10, _X_OF_31, check))
    made_up = np.broadcast_to(np.array([int(c) for c in _MADE_UP]), (rows, len(_MADE_UP)))
    places: NDArray[np.int64] = np.hstack(
        [made_up, np.full((rows, 1), _X_OF_31), body, inner[:, None]]
    )
    last = (31 - places @ _CODE_WEIGHTS % 31) % 31
    return fixed_width(_ALPHABET[np.hstack([places, last[:, None]])])
