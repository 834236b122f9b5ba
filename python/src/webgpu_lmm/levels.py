"""Categories of pandas as options of the command, since the files between them hold texts."""

from __future__ import annotations

import re
from typing import Any, List, Mapping, Sequence, Tuple

import pandas

from .errors import DataError
from .options import csv_record

#: Characters of a list of levels on a command line, where systems have their limits.
_LONGEST = 30_000
_NUMBER = re.compile(r" *[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)? *")
_LOGICAL = ("TRUE", "true", "FALSE", "false")
#: Numbers and truth as the command labels them.
_CANONICAL = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d*[1-9])?|TRUE|FALSE")


def level_options(
    frame: pandas.DataFrame, names: Sequence[str], given: Mapping[str, Any]
) -> Tuple[List[str], List[str]]:
    """What ``factor`` and ``ordered`` have to say of these columns, since a file holds texts.

    Categories keep their order; texts that look like numbers stay levels. Columns that the user has named are left out.
    """
    taken = [str(spec) for option in ("factor", "ordered") for spec in given.get(option, [])]
    factor: List[str] = []
    ordered: List[str] = []
    for name in names:
        column = frame[name]
        if any(spec == name or spec.startswith(f"{name}=") for spec in taken):
            continue
        if isinstance(column.dtype, pandas.CategoricalDtype):
            levels = [str(level) for level in column.cat.remove_unused_categories().cat.categories]
            if column.cat.ordered:
                ordered.append(f"{name}={csv_record(levels)}")
                continue
        else:
            found = column.dropna().unique()
            if len(found) == 0 or not all(isinstance(level, str) for level in found):
                continue
            levels = sorted(found)
        factor += _factor(name, levels)
    return factor, ordered


def _factor(name: str, levels: Sequence[str]) -> List[str]:
    """What ``factor`` has to say of levels that a file does not show as they are; often nothing."""
    numbers = all(_NUMBER.fullmatch(level) for level in levels)
    if numbers and len({float(level) for level in levels}) < len(levels):
        raise DataError(
            f"levels of '{name}' are different texts of one number, such as 1 and 01",
            "Rename them: a table of texts cannot tell them apart.",
        )
    listed = csv_record(levels)
    # Levels by the thousand belong to a grouping factor, whose order is nobody's concern.
    in_order = list(levels) == sorted(levels) or len(listed) > _LONGEST
    if not numbers and not all(level in _LOGICAL for level in levels):
        return [] if in_order else [f"{name}={listed}"]
    canonical = all(_CANONICAL.fullmatch(level) for level in levels) and list(levels) == sorted(levels, key=_value)
    return [name] if (in_order and canonical) or len(listed) > _LONGEST else [f"{name}={listed}"]


def _value(level: str) -> Any:
    return float(level) if _NUMBER.fullmatch(level) else level
