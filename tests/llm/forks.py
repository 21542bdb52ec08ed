"""Processes that are made quickly and die at a chosen moment: importing would take longer than dying."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

import pytest
from loopback import plant

if TYPE_CHECKING:
    from collections.abc import Iterator

LOOP = """
import json, os, signal, sys, traceback

for line in iter(sys.stdin.readline, ""):
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            run(**json.loads(line))
            code = 0
        except BaseException:
            traceback.print_exc()
        os._exit(code)
    if sys.stdin.readline() == "kill\\n":
        os.kill(pid, signal.SIGKILL)
    print(os.waitpid(pid, 0)[1], flush=True)
"""
"""Makes a new process of each line on its input, and calls `run` there with what the line says."""


class Runs:
    """Processes that run the same program, one after the other."""

    def __init__(self, orders: IO[str], ends: IO[str]) -> None:
        self._orders, self._ends = orders, ends

    def killed(self, moment: threading.Event, delay_s: float, **asked: Any) -> int:
        """Start one, kill it a while after a moment, and return how it ended."""
        self._say(json.dumps(asked))
        assert moment.wait(60)
        threading.Event().wait(delay_s)
        return self._end("kill")

    def whole(self, **asked: Any) -> int:
        """Start one, let it end, and return how."""
        self._say(json.dumps(asked))
        return self._end("wait")

    def _end(self, order: str) -> int:
        self._say(order)
        return int(self._ends.readline())

    def _say(self, line: str) -> None:
        self._orders.write(f"{line}\n")
        self._orders.flush()


@contextmanager
def forking(program: str) -> Iterator[Runs]:
    """Give processes that call the function `run` of a program, with planted keys."""
    words = [sys.executable, "-c", program + LOOP]
    with pytest.MonkeyPatch.context() as patch:
        plant(patch)
        started = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with started:
        assert started.stdin is not None
        assert started.stdout is not None
        yield Runs(started.stdin, started.stdout)
