"""What the command is given to read: files as they are, frames and AnnData objects through files of their own."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Sequence

import pandas

from .anndata_files import file_of, genes_in_rows, is_anndata, same_obs, write_h5ad
from .errors import DataError
from .levels import level_options
from .options import flags
from .tables import write_frame


@dataclass
class Handover:
    """A path for the command, with the options that belong to it."""

    path: str
    #: Options of the user and of the hand-over, under their own names.
    options: Dict[str, Any]
    obs: Optional[str] = None
    #: What to call files of ours in messages.
    names: Dict[str, str] = field(default_factory=dict)
    #: Further files of the same data set.
    others: List[str] = field(default_factory=list)

    def words(self, verb: str, formulas: Sequence[str] = ()) -> List[str]:
        """The command line of a verb, up to where it writes."""
        obs = [] if self.obs is None else [f"--obs={self.obs}"]
        models = [f"--formula={formula}" for formula in formulas]
        return [self.path, *self.others, *models, *obs, *flags(verb, self.options)]


def hand_over(data: Any, obs: Any, formulas: Sequence[str], options: Mapping[str, Any], folder: Path) -> Handover:
    """Gives data to the command by way of a folder for files.

    Parameters
    ----------
    data
        A path of anything that the command reads, or a list of paths, which are parts of one data set; a DataFrame with a row
        an observation, or, with ``obs``, a row a response and a column a sample; an AnnData object.
    obs
        Annotation of samples or cells, a path or a DataFrame whose index names them.
    formulas
        Formulas of the models, whose columns are needed.
    options
        Options under their own names. Names of responses may be a list, or a DataFrame of them beside ``data``.

    Raises
    ------
    TypeError
        For data of another kind.
    DataError
        For data that no file can say.
    """
    given = dict(options)
    if is_anndata(data):
        if obs is not None:
            raise TypeError("an AnnData object brings its own obs")
        handed = _of_anndata(data, formulas, given, folder)
    elif isinstance(data, pandas.DataFrame):
        handed = _of_frame(data, obs, formulas, given, folder)
    elif isinstance(data, (str, os.PathLike)):
        handed = Handover(os.fspath(data), given)
        _hand_obs(handed, obs, formulas, folder)
    elif isinstance(data, (list, tuple)) and data and all(isinstance(path, (str, os.PathLike)) for path in data):
        first, *others = (os.fspath(path) for path in data)
        handed = Handover(first, given, others=others)
        _hand_obs(handed, obs, formulas, folder)
    else:
        kinds = "a DataFrame, an AnnData object, a path or a list of paths"
        raise TypeError(f"data are {kinds}, not {type(data).__name__}")
    responses = handed.options.get("responses")
    if responses is not None and not isinstance(responses, str):
        names = folder / "responses.txt"
        names.write_text("".join(f"{name}\n" for name in responses), "utf-8")
        handed.options["responses"] = f"@{names}"
        handed.names[str(names)] = "responses"
    return handed


def _of_anndata(adata: Any, formulas: Sequence[str], given: Dict[str, Any], folder: Path) -> Handover:
    if not adata.var_names.is_unique:
        raise DataError("names of var repeat, so that results cannot be told apart", "adata.var_names_make_unique()")
    if given.get("weights") == "voom":
        # voom is for counts of samples, and these fit into a table.
        counts = genes_in_rows(adata, given.pop("layer", None))
        return _of_frame(counts, adata.obs, formulas, given, folder)
    if adata.isbacked:
        return _of_backed(adata, formulas, given, folder)
    path = folder / "data.h5ad"
    write_h5ad(adata, path, given.pop("layer", None), lambda name: _mentions(name, formulas, given))
    return Handover(str(path), given, names={str(path): "adata"})


def _of_backed(adata: Any, formulas: Sequence[str], given: Dict[str, Any], folder: Path) -> Handover:
    """The file itself; what differs from it in memory goes beside it."""
    handed = Handover(file_of(adata), given)
    if not same_obs(adata):
        _hand_obs(handed, adata.obs, formulas, folder)
    if adata.is_view and "responses" not in given and given.get("layer") != "raw":
        given["responses"] = list(adata.var_names)
    return handed


def _of_frame(
    frame: pandas.DataFrame, obs: Any, formulas: Sequence[str], given: Dict[str, Any], folder: Path
) -> Handover:
    if obs is not None:
        # Responses in rows, their names in front.
        path = write_frame(frame, folder / "data", index=True)
        handed = Handover(str(path), given, names={str(path): "the data"})
        _hand_obs(handed, obs, formulas, folder)
        return handed
    wide = frame
    beside = given.get("responses")
    if isinstance(beside, pandas.DataFrame):
        if not beside.index.equals(frame.index):
            raise DataError("the responses have other rows than the data", "Give both the same index, in the same order.")
        given["responses"] = list(beside.columns)
        wide = pandas.concat([frame, beside], axis=1)
    if any(name is not None and name not in frame.columns for name in frame.index.names):
        frame, wide = frame.reset_index(), wide.reset_index()
    path = write_frame(wide, folder / "data")
    handed = Handover(str(path), given, names={str(path): "the data"})
    _keep_levels(handed, frame, formulas)
    return handed


def _hand_obs(handed: Handover, obs: Any, formulas: Sequence[str], folder: Path) -> None:
    if isinstance(obs, pandas.DataFrame):
        path = write_frame(obs, folder / "obs", index=True)
        handed.names[str(path)] = "obs"
        handed.obs = str(path)
        _keep_levels(handed, obs, formulas)
    elif obs is not None:
        handed.obs = os.fspath(obs)


def _keep_levels(handed: Handover, frame: pandas.DataFrame, formulas: Sequence[str]) -> None:
    """Tells the command of categories that a table of texts does not."""
    names = [name for name in frame.columns if isinstance(name, str) and _mentions(name, formulas, handed.options)]
    factor, ordered = level_options(frame, names, handed.options)
    for option, specs in (("factor", factor), ("ordered", ordered)):
        if specs:
            handed.options[option] = [*handed.options.get(option, []), *specs]


def _mentions(name: str, formulas: Sequence[str], options: Mapping[str, Any]) -> bool:
    """Whether a formula or an option may speak of a column."""
    return any(name in text for text in [*formulas, *_texts(list(options.values()))])


def _texts(value: Any) -> List[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [*map(str, value), *_texts(list(value.values()))]
    if isinstance(value, (list, tuple)):
        return [text for one in value for text in _texts(one)]
    return []
