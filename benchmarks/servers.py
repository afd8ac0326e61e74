"""Servers started to be measured: how soon they answer, and how much memory they hold."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_PATIENCE = 120
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Server:
    """A server that answers.

    Attributes
    ----------
    port : int
        Where it listens.
    process : int
        Its first process.
    started : dict of str to float
        Seconds from the start of the process until each address asked gave 200.
    """

    port: int
    process: int
    started: dict[str, float]

    def memory(self) -> int:
        """Return the resident bytes of it and its children."""
        return memory_of(self.process)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(
    command: Sequence[str], port: int, *, answers: Sequence[str], environment: Mapping[str, str]
) -> Iterator[Server]:
    """Start a command, wait until it answers, and end it after the block.

    Parameters
    ----------
    command : sequence of str
        What starts it.
    port : int
        Where it will listen.
    answers : sequence of str
        Addresses that must give 200, one after the other.
    environment : mapping of str to str
        Added to this process's own.

    Raises
    ------
    RuntimeError
        If it does not answer in time.
    """
    began = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603 - our own commands
        command,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        started = {path: _until(port, path, began, process) for path in answers}
        yield Server(port, process.pid, started)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _until(port: int, path: str, began: float, process: subprocess.Popen[bytes]) -> float:
    while time.perf_counter() - began < _PATIENCE:
        if process.poll() is not None:
            message = f"{process.args!r} ended with {process.returncode} before it answered"
            raise RuntimeError(message)
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5):  # noqa: S310
                return time.perf_counter() - began
        except (urllib.error.URLError, OSError):
            time.sleep(0.01)
    message = f"{process.args!r} did not answer {path} within {_PATIENCE} s"
    raise RuntimeError(message)


def memory_of(first: int) -> int:
    """Return the resident bytes of a process and all that it started, one after the other."""
    return sum(map(_resident, _family(first)))


def _family(first: int) -> list[int]:
    """Return a process and all that it started."""
    found = [first]
    for process in found:
        for task in Path(f"/proc/{process}/task").glob("*/children"):
            found += [int(child) for child in task.read_text().split()]
    return found


def _resident(process: int) -> int:
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * _PAGE
