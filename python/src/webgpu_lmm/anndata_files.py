"""AnnData objects as files: no more of them than a fit reads, and backed ones where they are."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any, Callable, Optional, Tuple

import numpy
import pandas

from .errors import DataError, OptionError

#: Columns of ``var`` in which the command finds gene symbols.
_SYMBOLS = ("gene_symbols", "gene_name", "gene_names", "feature_name", "symbol")


def is_anndata(data: Any) -> bool:
    """Whether data are an AnnData object; the package is not imported to tell."""
    return all(hasattr(data, name) for name in ("obs", "var_names", "isbacked", "varm", "uns"))


def _elements() -> Tuple[Callable[..., Any], Callable[..., Any]]:
    """Reader and writer of single elements, which have moved between versions of anndata."""
    try:
        from anndata.io import read_elem, write_elem
    except ImportError:
        with warnings.catch_warnings():
            # Other experiments in there say what they lack.
            warnings.simplefilter("ignore")
            from anndata.experimental import read_elem, write_elem
    return read_elem, write_elem


def _located(adata: Any, layer: Optional[str]) -> Tuple[Any, pandas.DataFrame]:
    """The matrix of a layer (``None``: X) and the frame of its features."""
    if layer == "raw":
        if adata.raw is None:
            raise OptionError("adata has no raw", "Leave 'layer' out to read X.", {"option": "layer"})
        return adata.raw.X, adata.raw.var
    if layer is not None and layer not in adata.layers:
        known = ", ".join(adata.layers) or "none"
        raise OptionError(f"adata has no layer '{layer}'", f"Its layers: {known}.", {"option": "layer"})
    matrix = adata.X if layer is None else adata.layers[layer]
    if matrix is None:
        raise DataError("adata has no matrix X", "Name one of its layers with 'layer'.")
    return matrix, adata.var


def _plain(matrix: Any) -> Any:
    """A matrix of numpy or scipy that is no view, without a copy where it is none already."""
    if hasattr(matrix, "tocsr"):
        import scipy.sparse

        kind = scipy.sparse.csc_matrix if matrix.format == "csc" else scipy.sparse.csr_matrix
        matrix = kind(matrix)
    else:
        matrix = numpy.asarray(matrix)
    return matrix.astype("int8") if matrix.dtype == bool else matrix


def write_h5ad(adata: Any, path: Path, layer: Optional[str], needed: Callable[[str], bool]) -> None:
    """Writes one matrix as X, with the columns of ``obs`` that are needed or may name samples, and gene symbols.

    Whole numbers, texts and categories are kept whether or not a formula names them: they tell the command what the
    replicates are, of which it warns.
    """
    import h5py

    matrix, var = _located(adata, layer)
    obs = pandas.DataFrame(index=adata.obs_names.astype(str))
    for name, column in adata.obs.items():
        # A slash leads into a group of the file, and floats are measured.
        may_name_samples = "/" not in str(name) and not pandas.api.types.is_float_dtype(column.dtype)
        if may_name_samples or needed(str(name)):
            obs[str(name)] = _writable(column).array
    symbols = [name for name in _SYMBOLS if name in var.columns][:1]
    features = pandas.DataFrame({name: _writable(var[name]) for name in symbols}, index=var.index.astype(str))
    _, write_elem = _elements()
    with h5py.File(path, "w") as file:
        file.attrs["encoding-type"] = "anndata"
        file.attrs["encoding-version"] = "0.1.0"
        write_elem(file, "X", _plain(matrix))
        write_elem(file, "obs", obs)
        write_elem(file, "var", features)


def _writable(column: pandas.Series) -> pandas.Series:
    """Numbers, booleans and categories as they are; all else as categories of texts, which may be missing."""
    kind = column.dtype
    if isinstance(kind, pandas.CategoricalDtype):
        used = column.cat.remove_unused_categories()
        return used.cat.rename_categories(_texts(used.cat.categories))
    if isinstance(kind, numpy.dtype) and kind.kind in "biuf":
        return column
    if pandas.api.types.is_numeric_dtype(kind) and not pandas.api.types.is_bool_dtype(kind):
        return column.astype("float64")
    if pandas.api.types.is_bool_dtype(kind):
        # The names that the command has for the levels of booleans.
        column = column.astype(object).map({True: "TRUE", False: "FALSE"})
    # As objects: arrays with missing values of their own, of booleans or texts, take no values of another kind.
    texts = column.astype(object).where(column.isna(), column.astype(str).astype(object)).astype("category")
    return texts.cat.rename_categories(_texts(texts.cat.categories))


def _texts(levels: pandas.Index) -> pandas.Index:
    """Levels as texts of Python: those of the dtype ``string`` are what older versions of anndata cannot write."""
    return pandas.Index([str(level) for level in levels], dtype=object)


def file_of(adata: Any) -> str:
    """The file of a backed object, which then has all that was written to it."""
    if adata.file.is_open:
        adata.file["obs"].file.flush()
    return str(adata.filename)


def same_obs(adata: Any) -> bool:
    """Whether the file of a backed object has the ``obs`` that the object has in memory."""
    if adata.is_view:
        return False
    read_elem, _ = _elements()
    try:
        stored = read_elem(adata.file["obs"])
    except Exception:  # A file of an old format: anndata reads it in its own way.
        return False
    return bool(stored.equals(adata.obs))


def genes_in_rows(adata: Any, layer: Optional[str]) -> pandas.DataFrame:
    """A layer with a gene a row and a sample a column, for methods of bulk counts."""
    matrix, var = _located(adata.to_memory() if adata.isbacked else adata, layer)
    dense = matrix.toarray() if hasattr(matrix, "toarray") else numpy.asarray(matrix)
    return pandas.DataFrame(dense.T, index=var.index.astype(str), columns=adata.obs_names.astype(str))
