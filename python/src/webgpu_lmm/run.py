"""One run of the command: its progress, its notes, its errors, and its end."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence

from .command import Command, find_command
from .errors import CommandError, FitError, error_of
from .options import in_python

#: ``progress(phase, done, total)``; the phase is ``"reading"`` (entries) or ``"fitting"`` (models).
Progress = Callable[[str, int, int], None]
#: Takes a line that the command says.
Log = Callable[[str], None]

_PROGRESS = re.compile(r"^(reading|fitting): (\d+) of (\d+) ")
#: What the command says of the run itself, with times: no remark on the data.
_CLOSING = re.compile(r"^(?:fitted|predicted|wrote the moments of|compared in) ?[\d.]+ ")
#: Seconds that a command gets to end by itself and to remove its files.
_PATIENCE = 5.0


def run_command(
    arguments: Sequence[str],
    *,
    command: Optional[Command] = None,
    progress: Optional[Progress] = None,
    log: Optional[Log] = None,
    names: Optional[Mapping[str, str]] = None,
) -> List[str]:
    """Runs the command and returns its notes on data and models.

    Parameters
    ----------
    arguments
        The words behind ``webgpu-lmm``.
    progress
        Called with every report of progress, some seconds apart; without it they go to ``log`` like all other lines.
    log
        Called with each line; by default lines are printed to ``sys.stderr``.
    names
        What to call files of ours in notes and errors.

    Raises
    ------
    FitError
        Of the class that the tag of the command's error names.
    KeyboardInterrupt
        After the command has ended and removed what it had begun.
    """
    words = [*find_command(command), *arguments]
    say = log if log is not None else _print
    environment = {**os.environ, "WEBGPU_LMM_ERRORS": "json", "NO_COLOR": "1"}
    lines: List[str] = []
    failure: Optional[Dict[str, Any]] = None
    child = subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        env=environment,
    )
    assert child.stderr is not None
    try:
        for written in child.stderr:
            line = written.rstrip("\n")
            if line.startswith('{"error":'):
                failure = json.loads(line)["error"]
                continue
            line = in_python(_renamed(line, names))
            report = _PROGRESS.match(line)
            if report and progress is not None:
                progress(report[1], int(report[2]), int(report[3]))
                continue
            say(line)
            if not report:
                lines.append(line)
        status = child.wait()
    except BaseException:
        _end(child)
        raise
    finally:
        child.stderr.close()
    # 3: the tables are there, and some models did not converge.
    if status not in (0, 3):
        raise _failed(failure, status, lines, names)
    return [line for line in lines if not _CLOSING.match(line)]


def _print(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _end(child: "subprocess.Popen[str]") -> None:
    """Ends the command: it may have had a Ctrl-C of its own, then a request, then by force."""
    for ask in (None, child.terminate, child.kill):
        if ask is not None:
            ask()
        try:
            child.wait(timeout=0.2 if ask is None else _PATIENCE)
            return
        except subprocess.TimeoutExpired:
            continue


def _failed(
    failure: Optional[Dict[str, Any]], status: int, lines: Sequence[str], names: Optional[Mapping[str, str]]
) -> FitError:
    if failure is None:
        said = "; ".join(lines[-3:])
        how = f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
        error: FitError = CommandError(f"webgpu-lmm {how}{': ' if said else ''}{said}")
    else:
        text = {key: in_python(_renamed(failure[key], names)) for key in ("message", "remedy") if key in failure}
        place = _renamed(failure.get("path", ""), names)
        known = place == "" or place in text["message"]
        fields = {key: value for key, value in failure.items() if key not in ("tag", "message", "remedy")}
        kind = error_of(failure["tag"])
        error = kind(text["message"] if known else f"{place}: {text['message']}", text.get("remedy"), fields)
    error.status = status
    return error


def _renamed(text: str, names: Optional[Mapping[str, str]]) -> str:
    for path, name in (names or {}).items():
        text = text.replace(path, name)
    return text
