"""What a fit leaves in an AnnData object: ``uns`` says how it was made, ``varm`` has the tests of each gene."""

from __future__ import annotations

import warnings
from typing import Any, Dict, List, Mapping, Sequence, Union

import numpy
import pandas


def facts_of(
    formula: Union[None, str, Sequence[str]], options: Mapping[str, Any], notes: Sequence[str], version: str
) -> Dict[str, Any]:
    """How a table was made, in values that ``.h5ad`` files hold."""
    facts: Dict[str, Any] = {"options": _storable(options), "notes": _texts(notes), "version": version}
    if formula is not None:
        facts["formula"] = formula if isinstance(formula, str) else _texts(formula)
    return facts


def _texts(values: Sequence[str]) -> Any:
    return numpy.array([str(value) for value in values], dtype=object)


def _storable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_key(str(name)): _storable(one) for name, one in value.items()}
    if isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, pandas.DataFrame):
        return _texts(value.columns)
    return _texts(list(value)) if hasattr(value, "__iter__") else str(value)


def _key(name: str) -> str:
    """A name for an element of an HDF5 file, where a slash leads into a group."""
    return name.replace("/", "_")


def annotate(adata: Any, key: str, tidy: pandas.DataFrame, glance: pandas.DataFrame, facts: Mapping[str, Any]) -> None:
    """Writes ``uns[key]`` and ``varm[key]``.

    A view of a backed file stays as it is, since it has no place of its own.
    """
    if adata.is_view and adata.isbacked:
        warnings.warn(f"a view of a file has no place for uns['{key}'] and varm['{key}']", stacklevel=3)
        return
    adata.varm[key] = gene_table(tidy, glance, adata.var_names)
    adata.uns[key] = {**facts, "options": dict(facts["options"])}


def gene_table(tidy: pandas.DataFrame, glance: pandas.DataFrame, genes: pandas.Index) -> pandas.DataFrame:
    """Tests and statuses with a gene a row, in the order of ``genes``; what was not fitted is missing.

    Columns are ``TERM.estimate``, ``TERM.std.error``, ``TERM.p.value`` and so on for each coefficient and contrast, and
    ``status``; with the levels of a split in front where there are any.
    """
    numbers = [name for name in tidy.columns if pandas.api.types.is_float_dtype(tidy[name])]
    columns: Dict[str, Any] = {}
    for prefix, models in _by_split(glance):
        columns[f"{prefix}status"] = pandas.Categorical(_aligned(models, "status", genes))
    fixed = tidy[tidy["effect"] == "fixed"]
    for prefix, tests in _by_split(fixed):
        for term, rows in tests.groupby("term", sort=False):
            for name in numbers:
                columns[_key(f"{prefix}{term}.{name}")] = _aligned(rows, name, genes)
    return pandas.DataFrame(columns, index=genes)


def _by_split(table: pandas.DataFrame) -> List[Any]:
    """The rows of each level of a split, with what precedes the names of their columns."""
    if "split" not in table.columns:
        return [("", table)]
    return [(_key(f"{level}."), rows) for level, rows in table.groupby("split", sort=False)]


def _aligned(rows: pandas.DataFrame, name: str, genes: pandas.Index) -> Any:
    return rows.set_index("response")[name].reindex(genes).to_numpy()
