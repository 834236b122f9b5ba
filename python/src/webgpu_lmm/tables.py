"""Tables between pandas and files: every number as it is, in Parquet where pyarrow is installed, else in text."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any, Collection

import pandas

from .errors import DataError

#: Columns of the command's tables that hold names, whatever these look like, and have no missing values.
_NAMES = ("response", "split", "level", "effect", "term")
#: Columns that hold texts or nothing.
_TEXTS = ("gene", "group", "status", "message", "df.method", "family", "link", "residual", "arithmetic")


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
    columns = pandas.Index([str(name) for name in frame.columns])
    if not columns.is_unique:
        raise DataError(f"two columns are named '{columns[columns.duplicated()][0]}'", "Give each its own name.")
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


def _free_name(name: str, taken: Collection[str]) -> str:
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
