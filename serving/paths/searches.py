"""The answers given last, and whose turn it is: a search takes a core for about a second."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock

from models.paths.paths import Paths

KEPT = 256  # answers held in memory


class Searches:
    """Searches, one at a time, and their answers."""

    def __init__(self) -> None:
        """Hold nothing yet."""
        self._held: OrderedDict[Hashable, Paths] = OrderedDict()
        self._turn = Lock()

    def answer(self, key: Hashable, search: Callable[[], Paths]) -> Paths:
        """Return the answer to a question, found now if it was not asked lately.

        Parameters
        ----------
        key : hashable
            All that the answer depends on.
        search : callable
            Finds it; whoever asks the same meanwhile waits for it.
        """
        with self._turn:
            if key not in self._held:
                self._held[key] = search()
            self._held.move_to_end(key)
            while len(self._held) > KEPT:
                self._held.popitem(last=False)
            return self._held[key]
