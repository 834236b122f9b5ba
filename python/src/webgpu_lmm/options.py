"""Options of the command as keyword arguments: ``min_cells=50`` for ``--min-cells 50``.

``options.json`` is made of the one table of options that the library, the command and its help have in common. An option has
the library's name in snake case; the name of its flag is taken too, where it is another (``normalize`` for
``normalisation``).
"""

from __future__ import annotations

import difflib
import json
import os
import re
import shlex
from functools import lru_cache
from importlib.resources import files
from typing import Any, Dict, List, Mapping, Tuple

import numpy
import pandas

from .errors import OptionError

#: What the package itself says: where a run reads and writes.
_OWN = ("obs", "format", "formula", "out_file")


@lru_cache(maxsize=None)
def _table() -> Tuple[Mapping[str, Any], ...]:
    return tuple(json.loads(files(__package__).joinpath("options.json").read_text("utf-8")))


@lru_cache(maxsize=None)
def _entries(command: str) -> Dict[str, Mapping[str, Any]]:
    """Options of a command by their names, and by those of their flags where these are free."""
    entries = [entry for entry in _table() if command in entry["commands"]]
    by_flag = {entry["flag"][2:].replace("-", "_"): entry for entry in entries}
    return {**by_flag, **{entry["name"]: entry for entry in entries}}


def options(command: str = "fit") -> pandas.DataFrame:
    """The keyword options of ``fit``, ``compare``, ``moments`` or ``predict``, with their values, defaults and meaning."""
    rows = [
        {
            "option": entry["name"],
            "values": ", ".join(entry["choices"]) if entry.get("choices") else entry["kind"],
            "default": entry.get("default"),
            "meaning": entry["help"],
        }
        for entry in _table()
        if command in entry["commands"] and entry["name"] not in _OWN
    ]
    return pandas.DataFrame(rows).set_index("option")


def resolve(command: str, given: Mapping[str, Any]) -> Dict[str, Any]:
    """The options under their own names, without those that are ``None``.

    Raises
    ------
    OptionError
        For an option that the command does not have, or that is given by both of its names.
    """
    entries = _entries(command)
    found: Dict[str, Any] = {}
    for name, value in given.items():
        if value is None:
            continue
        if name not in entries or entries[name]["name"] in _OWN:
            near = difflib.get_close_matches(name, entries, n=1)
            remedy = f"Did you mean '{near[0]}'?" if near else f"webgpu_lmm.options('{command}') lists them."
            raise OptionError(f"{command} has no option '{name}'", remedy, {"option": name})
        own = entries[name]["name"]
        if own in found:
            raise OptionError(f"'{own}' is given twice, as '{name}' too", "Leave one of them out.", {"option": own})
        found[own] = _settled(entries[name], value)
    return found


def _settled(entry: Mapping[str, Any], value: Any) -> Any:
    """Numbers of numpy as Python's, and what may be given several times as a list of texts."""
    if isinstance(value, numpy.generic):
        return value.item()
    if entry["kind"] != "texts":
        return value
    if isinstance(value, Mapping):
        return [f"{name}={_text(one)}" for name, one in value.items()]
    return [value] if isinstance(value, str) else list(value)


def flags(command: str, given: Mapping[str, Any]) -> List[str]:
    """The words of a command line for options under their own names. The command judges the values."""
    entries = _entries(command)
    return [word for name, value in given.items() for word in _words(entries[name], value)]


def _words(entry: Mapping[str, Any], value: Any) -> List[str]:
    flag, kind = entry["flag"], entry["kind"]
    if kind == "switch":
        return [flag] if _is_on(entry, value) else []
    if value is False:
        return []
    if value is True:
        if not entry.get("bare"):
            raise OptionError(f"'{entry['name']}' needs a value", entry["help"], {"option": entry["name"]})
        return [flag]
    if kind == "texts":
        return [f"{flag}={one}" for one in value]
    return [f"{flag}={_text(value)}"]


def _is_on(entry: Mapping[str, Any], value: Any) -> bool:
    choices = entry.get("choices", [False, True])
    if isinstance(value, (bool, str)) and (value in choices or isinstance(value, bool)):
        return value in (True, choices[1])
    wanted = " or ".join(repr(choice) for choice in choices)
    raise OptionError(f"{entry['name']}={value!r}: {wanted} is needed", None, {"option": entry["name"]})


def _text(value: Any) -> str:
    if isinstance(value, (str, int, float, os.PathLike)):
        return os.fspath(value) if isinstance(value, os.PathLike) else str(value)
    return csv_record(value)


def csv_record(values: Any) -> str:
    """A list as the command takes it: commas between, quotes where they must be."""
    texts = [str(value) for value in values]
    return ",".join('"' + text.replace('"', '""') + '"' if re.search(r'[",\n]', text) else text for text in texts)


_FLAG = re.compile(r"--([a-z][a-z0-9-]*)(?: ('(?:[^']|'\\'')*'|[^\s,;:]*[^\s,;:.]))?")


def in_python(text: str) -> str:
    """What the command says, with its flags as keyword arguments: ``--min-cells 3`` as ``min_cells=3``."""
    return _FLAG.sub(_argument, text)


def _argument(found: "re.Match[str]") -> str:
    entry = next((entry for entry in _table() if entry["flag"] == f"--{found[1]}"), None)
    if entry is None:
        return found[0]
    name, word = entry["name"], found[2]
    rest = "" if word is None else f" {word}"
    if entry["kind"] == "switch":
        return f"{name}={entry['choices'][1]!r}{rest}" if entry.get("choices") else name + rest
    if word is None:
        return name
    # The word behind a flag is its value, or the sentence goes on.
    value = shlex.split(word)[0] if word.startswith("'") else word
    if entry["kind"] in ("whole", "number") and re.fullmatch(r"[\d.e+-]*\d", word):
        return f"{name}={word}"
    is_value = word.startswith("'") or value in entry.get("choices", [])
    return f"{name}={value!r}" if is_value else name + rest
