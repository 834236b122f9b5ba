"""Tables between pandas and files: every number as it is, in Parquet where pyarrow is installed, else in text."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any, List, Mapping, Sequence, Tuple

import pandas

from .errors import DataError
from .options import csv_record

#: Columns of the command's tables that hold names, whatever these look like, and have no missing values.
_NAMES = ("response", "split", "level", "effect", "term")
#: Columns that hold texts or nothing.
_TEXTS = ("gene", "group", "status", "message", "df.method", "family", "link", "residual", "arithmetic")
_NUMBER = re.compile(r" *[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)? *")


def has_parquet() -> bool:
    """Whether tables go through Parquet."""
    return importlib.util.find_spec("pyarrow") is not None


def extension() -> str:
    """The extension of the tables that the command is to write."""
    return ".parquet" if has_parquet() else ".tsv"


def read_table(path: Path) -> pandas.DataFrame:
    """A table that the command has written; numbers are the same to the last bit."""
    if path.suffix == ".parquet":
        return pandas.read_parquet(path)
    header = pandas.read_csv(path, sep="\t", nrows=0, keep_default_na=False).columns
    missing = {name: ["NA"] for name in header if name not in _NAMES}
    texts = {name: str for name in (*_NAMES, *_TEXTS) if name in header}
    return pandas.read_csv(
        path,
        sep="\t",
        dtype=texts,
        keep_default_na=False,
        na_values=missing,
        float_precision="round_trip",
        low_memory=False,
    )


def write_frame(frame: pandas.DataFrame, stem: Path, *, index: bool = False) -> Path:
    """Writes a frame for the command; ``index`` puts the names of the rows first.

    Raises
    ------
    DataError
        For columns of one name.
    """
    columns = [str(name) for name in frame.columns]
    twice = next((name for name in columns if columns.count(name) > 1), None) if len(set(columns)) < len(columns) else None
    if twice is not None:
        raise DataError(f"two columns are named '{twice}'", "Give each column its own name.")
    plain = {name: _plain(frame.iloc[:, k]) for k, name in enumerate(columns)}
    if index:
        plain = {_free_name("name", columns): frame.index.astype(str).to_numpy(), **plain}
    if has_parquet():
        path = stem.with_suffix(".parquet")
        pandas.DataFrame(plain).to_parquet(path, index=False)
    else:
        path = stem.with_suffix(".csv")
        texts = {name: _as_text(values) for name, values in plain.items()}
        pandas.DataFrame(texts).to_csv(path, index=False, na_rep="NA")
    return path


def _free_name(name: str, taken: Sequence[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _plain(column: pandas.Series) -> Any:
    """An array of doubles, whole numbers, booleans or texts, in which missing values stay missing."""
    kind = column.dtype
    if pandas.api.types.is_bool_dtype(kind) and not isinstance(kind, pandas.CategoricalDtype):
        return column.astype("boolean").array
    if pandas.api.types.is_integer_dtype(kind) and not column.isna().any():
        return column.to_numpy("int64")
    if pandas.api.types.is_numeric_dtype(kind):
        return column.to_numpy("float64", na_value=float("nan"))
    values = column.astype(object)
    if values.map(lambda value: isinstance(value, bool) or pandas.isna(value)).all() and len(values) > 0:
        return values.astype("boolean").array
    return values.where(values.isna(), values.astype(str)).to_numpy()


def _as_text(values: Any) -> Any:
    """The same for a text table, where truth is spelled as in R."""
    if isinstance(values.dtype, pandas.BooleanDtype):
        return pandas.Series(values).astype(object).map({True: "TRUE", False: "FALSE"}).to_numpy()
    return values


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
            elif levels != _usual_order(levels):
                factor.append(f"{name}={csv_record(levels)}")
            elif _looks_otherwise(levels):
                factor.append(name)
        elif column.dtype == object or isinstance(column.dtype, pandas.StringDtype):
            texts = column.dropna().unique()
            if len(texts) > 0 and all(isinstance(text, str) for text in texts) and _looks_otherwise(texts):
                factor.append(name)
    return factor, ordered


def _usual_order(levels: Sequence[str]) -> List[str]:
    if all(_NUMBER.fullmatch(level) for level in levels):
        return sorted(levels, key=lambda level: (float(level), level))
    return sorted(levels)


def _looks_otherwise(texts: Sequence[str]) -> bool:
    """Whether texts read as numbers or as true and false."""
    logical = {"TRUE", "true", "FALSE", "false"}
    return all(_NUMBER.fullmatch(text) for text in texts) or all(text in logical for text in texts)
