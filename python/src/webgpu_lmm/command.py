"""Finding the command ``webgpu-lmm``, which does the work."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from functools import lru_cache
from pathlib import Path
from typing import List, Optional, Sequence, Tuple, Union

from .errors import CommandError

#: Names the command where it is neither on the PATH nor in a folder ``node_modules``.
VARIABLE = "WEBGPU_LMM"

_INSTALL = (
    "Install Node 20.16 or later and, in a clone of webgpu-lmm, run: npm ci && npm install -g . "
    f"An installation elsewhere is named by the environment variable {VARIABLE}, such as "
    f"{VARIABLE}='node webgpu-lmm/dist/cli.js'."
)

Command = Union[str, Sequence[str], "os.PathLike[str]"]


def find_command(command: Optional[Command] = None) -> List[str]:
    """The words that start the command.

    Looked for in this order: the argument, the environment variable ``WEBGPU_LMM``, the ``PATH``, and ``node_modules`` of
    the working directory and the folders above it, where ``npx --no-install`` would find it.

    Parameters
    ----------
    command
        A path, a command line (``"node dist/cli.js"``) or its words.

    Raises
    ------
    CommandError
        Where there is none; its remedy says how to install it.
    """
    named = command if command is not None else os.environ.get(VARIABLE)
    if named:
        return _started(_words_of(named))
    found = shutil.which("webgpu-lmm")
    here = Path.cwd()
    for folder in (here, *here.parents):
        found = found or shutil.which("webgpu-lmm", path=str(folder / "node_modules" / ".bin"))
    if found is None:
        raise CommandError("the command webgpu-lmm is not installed", _INSTALL)
    return [found]


def _words_of(named: Command) -> List[str]:
    if isinstance(named, os.PathLike):
        return [os.fspath(named)]
    if not isinstance(named, str):
        return [str(word) for word in named]
    # A path may hold spaces.
    return [named] if Path(named).exists() else shlex.split(named, posix=os.name != "nt")


def _started(words: List[str]) -> List[str]:
    """The words with their program found; a script is run by Node."""
    if words[0].endswith((".js", ".mjs")):
        words = ["node", *words]
    program = shutil.which(words[0])
    if program is None:
        raise CommandError(f"there is no program '{words[0]}'", _INSTALL)
    return [program, *words[1:]]


def version(command: Optional[Command] = None) -> str:
    """The version of the command that would run."""
    return _version(tuple(find_command(command)))


@lru_cache(maxsize=None)
def _version(words: Tuple[str, ...]) -> str:
    asked = subprocess.run([*words, "--version"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if asked.returncode != 0:
        raise CommandError(f"'{' '.join(words)}' does not run: {asked.stderr.strip()}", _INSTALL)
    return asked.stdout.strip()
