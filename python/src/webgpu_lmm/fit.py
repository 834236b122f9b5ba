"""``fit`` and ``compare``: data and formulas in, tables out."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple, Union

import pandas

from .anndata_files import is_anndata
from .annotate import annotate, facts_of
from .command import Command, version
from .handover import hand_over
from .options import resolve
from .run import Log, Progress, run_command
from .tables import extension, read_table

#: Under this name ``fit`` writes to ``adata.uns`` and ``adata.varm``.
KEY = "webgpu_lmm"


def fit(
    data: Any,
    formula: Optional[str] = None,
    *,
    table: Union[None, str, Sequence[str]] = None,
    obs: Any = None,
    key_added: Optional[str] = KEY,
    progress: Optional[Progress] = None,
    log: Optional[Log] = None,
    command: Optional[Command] = None,
    **options: Any,
) -> Any:
    """Fits one mixed model for each response: each gene of an AnnData object, each column or row of a table.

    Parameters
    ----------
    data
        An AnnData object, in memory or backed (its file is read where it is); a DataFrame with an observation a row;
        a DataFrame with a response a row and a sample a column, with ``obs``; a path of anything that the command reads
        (``.h5ad``, ``.h5``, ``.zarr``, ``.h5mu`` with ``modality="rna"``, a 10x folder, ``.csv``, ``.parquet``), or a list
        of paths, which are parts of one data set; or :class:`Moments`.
    formula
        R's formula language, ``"~ condition + (1 | donor)"``, with the response on the left side for tables:
        ``"y ~ time * arm + (time | subject)"``.
    table
        What to return: ``"tidy"`` (the default), ``"toptable"`` or ``"toptable:NAME"``, ``"glance"``, ``"ranef"``,
        ``"anova"``, ``"emmeans"``, ``"pairs"``, ``"genesets"``, ``"variance"``, ``"augment"``, ``"status"``; several
        in a list.
    obs
        Annotation of samples or cells, a DataFrame or a path, joined by name.
    key_added
        Name under which an AnnData object gets ``uns`` (formula, options, notes, versions) and ``varm`` (the tests of each
        gene); ``None`` leaves it as it is.
    progress
        Called as ``progress(phase, done, total)``.
    log
        Called with each note and report of progress; without it they are printed to ``sys.stderr``.
    command
        The command, where it is not found by itself: see :func:`find_command`.
    **options
        Options of the command in snake case, such as ``normalize="log1p-cp10k"``, ``min_cells=50``,
        ``split_by="cell_type"``, ``weights="voom"``, ``moderate=True``, ``contrasts={"late": "visitV4 - visitV3"}``,
        ``responses=[...]``; :func:`options` lists them.

    Returns
    -------
    pandas.DataFrame
        The table; of several a dict by their names. ``attrs["webgpu_lmm"]`` has formula, options, notes and versions.

    Raises
    ------
    FitError
        With ``tag`` and ``remedy``, in the class that the tag names. A model that fails numerically raises nothing: it has
        a status.
    """
    given = resolve("fit", options)
    # An option that makes a table asks for it.
    made = {"emmeans": "emmeans", "anova": "anova", "gene_sets": "genesets"}
    names = _names_of(table, next((own for name, own in made.items() if name in given), "tidy"))
    key = key_added if is_anndata(data) else None
    wanted = names if key is None else list(dict.fromkeys([*names, "tidy", "glance"]))
    formulas = [] if formula is None else [formula]
    how = {"progress": progress, "log": log, "command": command}
    tables, notes = _run("fit", data, formulas, obs, given, wanted, how)
    facts = facts_of(formula, given, notes, version(command))
    if key is not None:
        annotate(data, key, tables["tidy"], tables["glance"], facts)
    return _returned(tables, table, names, facts)


def compare(
    data: Any,
    formulas: Union[str, Sequence[str]],
    *,
    table: Union[None, str, Sequence[str]] = None,
    obs: Any = None,
    progress: Optional[Progress] = None,
    log: Optional[Log] = None,
    command: Optional[Command] = None,
    **options: Any,
) -> Any:
    """Compares models of each response on the same rows.

    Parameters
    ----------
    formulas
        Two formulas or more; one with ``tests="ranova"`` (tests of its random terms) or ``"drop1"`` (of its fixed ones),
        ``select="lrt"`` (backward selection), ``cv=10`` (cross-validation) or ``structures=...`` (of residuals).
    table
        ``"models"`` (criteria of each model and response, the default), ``"tests"`` (likelihood ratios), ``"summary"``,
        ``"best"``; ``"ranova"``, ``"cv"``, ``"folds"`` or ``"path"`` of the other comparisons; several in a list.
    data, obs, progress, log, command, **options
        As in :func:`fit`; ``options("compare")`` lists the options.

    Returns
    -------
    pandas.DataFrame
        The table; of several a dict by their names.
    """
    given = resolve("compare", options)
    listed = [formulas] if isinstance(formulas, str) else list(formulas)
    kinds = {"tests": given.get("tests"), "cv": "cv", "select": "path"}
    names = _names_of(table, next((name for option, name in kinds.items() if option in given), "models"))
    how = {"progress": progress, "log": log, "command": command}
    tables, notes = _run("compare", data, listed, obs, given, names, how)
    return _returned(tables, table, names, facts_of(listed, given, notes, version(command)))


def _names_of(table: Union[None, str, Sequence[str]], usual: str) -> List[str]:
    if table is None:
        return [usual]
    return [table] if isinstance(table, str) else list(table)


def _run(
    verb: str,
    data: Any,
    formulas: Sequence[str],
    obs: Any,
    given: Mapping[str, Any],
    wanted: Sequence[str],
    how: Mapping[str, Any],
) -> Tuple[Dict[str, pandas.DataFrame], List[str]]:
    """The tables of a run by their names, and its notes."""
    with tempfile.TemporaryDirectory(prefix="webgpu-lmm-") as place:
        folder = Path(place)
        handed = hand_over(data, obs, formulas, given, folder)
        out = {name: folder / f"table{k}{extension()}" for k, name in enumerate(wanted)}
        words = [verb, *handed.words(verb, formulas), *(f"--out={name}={path}" for name, path in out.items())]
        notes = run_command(words, names=handed.names, **how)
        return {name: read_table(path) for name, path in out.items()}, notes


def _returned(
    tables: Mapping[str, pandas.DataFrame],
    table: Union[None, str, Sequence[str]],
    names: Sequence[str],
    facts: Mapping[str, Any],
) -> Any:
    for found in tables.values():
        found.attrs["webgpu_lmm"] = dict(facts)
    return tables[names[0]] if table is None or isinstance(table, str) else {name: tables[name] for name in names}
