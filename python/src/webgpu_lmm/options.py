"""Options of the command as keyword arguments: ``min_cells=50`` for ``--min-cells 50``.

``options.json`` is made of the one table of options that the library, the command and its help have in common. An option has
the library's name in snake case; the name of its flag is taken too, where it is another (``re_form`` for
``random_effects``), and the name that it had before, with a warning.
"""

from __future__ import annotations

import difflib
import json
import re
import shlex
import warnings
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Dict, List, Mapping, Sequence, Tuple, Union

import numpy
import pandas

from .errors import OptionError

#: What the package itself says: where a run reads and writes; shards and runs that go on are the command's alone.
_OWN = ("obs", "format", "formula", "out_file", "shard", "save_part", "resume")


@dataclass(frozen=True)
class _Option:
    """An option of the command, as ``options.json`` has it."""

    name: str
    flag: str
    commands: Sequence[str]
    #: ``switch``, ``choice``, ``whole``, ``number``, ``text`` or ``texts``.
    kind: str
    help: str
    #: What it was called before.
    former: str = ""
    choices: Sequence[str] = ()
    #: Whether the flag may stand without its value.
    bare: bool = False
    default: Union[None, str, int, float] = None


@lru_cache(maxsize=None)
def _table() -> Tuple[_Option, ...]:
    read = json.loads(files(__package__).joinpath("options.json").read_text("utf-8"))
    return tuple(_Option(**one) for one in read)


@lru_cache(maxsize=None)
def _options(command: str) -> Dict[str, _Option]:
    """Options of a command by their names, and by those of their flags and of before where these are free."""
    known = [option for option in _table() if command in option.commands]
    by_flag = {option.flag[2:].replace("-", "_"): option for option in known}
    by_former = {option.former: option for option in known if option.former}
    return {**by_former, **by_flag, **{option.name: option for option in known}}


def options(command: str = "fit") -> pandas.DataFrame:
    """The keyword options of ``fit``, ``compare``, ``moments`` or ``predict``, with their values, defaults and meaning."""
    rows = [
        {
            "option": option.name,
            "values": ", ".join(option.choices) if option.choices else option.kind,
            "default": option.default,
            "meaning": option.help,
        }
        for option in _table()
        if command in option.commands and option.name not in _OWN
    ]
    return pandas.DataFrame(rows).set_index("option")


def resolve(command: str, given: Mapping[str, Any]) -> Dict[str, Any]:
    """The options under their own names, without those that are ``None``.

    Raises
    ------
    OptionError
        For an option that the command does not have, or that is given by both of its names.
    """
    known = _options(command)
    found: Dict[str, Any] = {}
    for name, value in given.items():
        if value is None:
            continue
        if name not in known or known[name].name in _OWN:
            near = difflib.get_close_matches(name, known, n=1)
            remedy = f"Did you mean '{near[0]}'?" if near else f"webgpu_lmm.options('{command}') lists them."
            raise OptionError(f"{command} has no option '{name}'", remedy, {"option": name})
        own = known[name].name
        if own in found:
            raise OptionError(f"'{own}' is given twice, as '{name}' too", "Leave one of them out.", {"option": own})
        if name == known[name].former:
            warnings.warn(f"'{name}' is called '{own}' now", FutureWarning, stacklevel=3)
        found[own] = _settled(known[name], value)
    return found


def _settled(option: _Option, value: Any) -> Any:
    """Numbers of numpy as Python's, and what may be given several times as a list of texts."""
    if isinstance(value, numpy.generic):
        return value.item()
    if option.kind != "texts":
        return value
    if isinstance(value, Mapping):
        return [f"{name}={_text(one)}" for name, one in value.items()]
    return [value] if isinstance(value, str) else list(value)


def flags(command: str, given: Mapping[str, Any]) -> List[str]:
    """The words of a command line for options under their own names. The command judges the values."""
    known = _options(command)
    return [word for name, value in given.items() for word in _words(known[name], value)]


def _words(option: _Option, value: Any) -> List[str]:
    flag, kind = option.flag, option.kind
    if kind == "switch":
        return [flag] if _is_on(option, value) else []
    if value is False:
        return []
    if value is True:
        if not option.bare:
            raise OptionError(f"'{option.name}' needs a value", option.help, {"option": option.name})
        return [flag]
    if kind == "texts":
        return [f"{flag}={one}" for one in value]
    return [f"{flag}={_text(value)}"]


def _is_on(option: _Option, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value in option.choices:
        return value == option.choices[1]
    wanted = " or ".join(repr(choice) for choice in option.choices or (True, False))
    raise OptionError(f"{option.name}={value!r}: {wanted} is needed", None, {"option": option.name})


def _text(value: Any) -> str:
    return str(value) if isinstance(value, (str, int, float, Path)) else csv_record(value)


def csv_record(values: Any) -> str:
    """A list as the command takes it: commas between, quotes where they must be."""
    texts = [str(value) for value in values]
    return ",".join('"' + text.replace('"', '""') + '"' if re.search(r'[",\n]', text) else text for text in texts)


#: What the command says of names of its outputs, which are files of the package here.
_OF_FILES = re.compile(r" For a file of that name write \S+\.$")
_FLAG = re.compile(r"--([a-z][a-z0-9-]*)(?: ('(?:[^']|'\\'')*'|[^\s,;:]*[^\s,;:.]))?")


def in_python(text: str) -> str:
    """What the command says, with its flags as keyword arguments: ``--min-cells 3`` as ``min_cells=3``."""
    return _FLAG.sub(_argument, _OF_FILES.sub("", text))


def _argument(found: "re.Match[str]") -> str:
    option = next((option for option in _table() if option.flag == f"--{found[1]}"), None)
    if option is None:
        return found[0]
    name, word = option.name, found[2]
    rest = "" if word is None else f" {word}"
    if option.kind == "switch":
        return f"{name}={option.choices[1]!r}{rest}" if option.choices else name + rest
    if word is None:
        return name
    # The word behind a flag is its value, or the sentence goes on.
    value = shlex.split(word)[0] if word.startswith("'") else word
    if option.kind in ("whole", "number") and re.fullmatch(r"[\d.e+-]*\d", word):
        return f"{name}={word}"
    is_value = word.startswith("'") or value in option.choices
    return f"{name}={value!r}" if is_value else name + rest
