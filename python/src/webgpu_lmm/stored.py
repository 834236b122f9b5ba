"""What one run keeps for others: moments, from which fits follow without the data, and saved fits."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any, List, Optional, Union

import pandas

from .command import Command
from .fit import fit
from .handover import hand_over
from .options import flags, resolve
from .run import Log, Progress, run_command
from .tables import extension, read_table, write_frame


class Moments:
    """Sufficient statistics of a model: :func:`fit` takes them for data, and each method is such a fit.

    Fitting from moments costs nothing that grows with the number of cells or rows. The file of moments that were formed
    without a path is removed with the object.

    Parameters
    ----------
    path
        A file that :func:`moments` or ``webgpu-lmm moments`` has written.
    """

    def __init__(self, path: Union[str, "os.PathLike[str]"], *, command: Optional[Command] = None) -> None:
        self.path = Path(path)
        #: Remarks on the data from when the moments were formed.
        self.notes: List[str] = []
        self._command = command
        self._folder: Optional["tempfile.TemporaryDirectory[str]"] = None

    def __fspath__(self) -> str:
        return str(self.path)

    def __repr__(self) -> str:
        return f"Moments({str(self.path)!r})"

    def fit(self, table: Any = None, **options: Any) -> Any:
        """:func:`fit` of these moments; options that shape moments are settled."""
        options.setdefault("command", self._command)
        return fit(self, table=table, **options)

    def tidy(self, **options: Any) -> pandas.DataFrame:
        """Coefficients, contrasts and variances of each response, with their tests."""
        return self.fit("tidy", **options)

    def glance(self, **options: Any) -> pandas.DataFrame:
        """A row for each model: status, criteria, R2."""
        return self.fit("glance", **options)

    def toptable(self, name: Optional[str] = None, **options: Any) -> pandas.DataFrame:
        """Responses by evidence for a coefficient or contrast; several, with commas between, are tested together."""
        return self.fit("toptable" if name is None else f"toptable:{name}", **options)

    def anova(self, type: str = "III", **options: Any) -> pandas.DataFrame:
        """F tests of the terms, of type I, II or III."""
        return self.fit("anova", anova=type, **options)

    def emmeans(self, factors: str, **options: Any) -> pandas.DataFrame:
        """Marginal means: of ``"arm"``, of ``"arm * visit"``, of ``"arm | visit"`` within each visit."""
        return self.fit("emmeans", emmeans=factors, **options)

    def pairs(self, factors: str, **options: Any) -> pandas.DataFrame:
        """Comparisons of marginal means."""
        return self.fit("pairs", emmeans=factors, **options)

    def ranef(self, **options: Any) -> pandas.DataFrame:
        """Predicted random effects with their standard deviations."""
        return self.fit("ranef", **options)

    def variance(self, **options: Any) -> pandas.DataFrame:
        """Fractions of the variance by term."""
        return self.fit("variance", **options)


def moments(
    data: Any,
    formula: str,
    *,
    path: Union[None, str, "os.PathLike[str]"] = None,
    obs: Any = None,
    progress: Optional[Progress] = None,
    log: Optional[Log] = None,
    command: Optional[Command] = None,
    **options: Any,
) -> Moments:
    """Reads data once and keeps what fits of a formula need of them.

    Parameters
    ----------
    path
        Where to keep the moments; without it they last as long as the object.
    data, formula, obs, progress, log, command, **options
        As in :func:`fit`; ``options("moments")`` lists the options.
    """
    given = resolve("moments", options)
    kept = tempfile.TemporaryDirectory(prefix="webgpu-lmm-") if path is None else None
    target = Path(kept.name) / "data.moments" if kept is not None else Path(os.fspath(path or ""))
    found = Moments(target, command=command)
    found._folder = kept
    with tempfile.TemporaryDirectory(prefix="webgpu-lmm-") as place:
        handed = hand_over(data, obs, [formula], given, Path(place))
        if kept is not None:
            handed.names[str(target)] = "memory"
        words = ["moments", *handed.words("moments", [formula]), f"--out={target}"]
        found.notes = run_command(words, command=command, progress=progress, log=log, names=handed.names)
    return found


def predict(
    saved: Union[str, "os.PathLike[str]"],
    newdata: Union[pandas.DataFrame, str, "os.PathLike[str]"],
    *,
    log: Optional[Log] = None,
    command: Optional[Command] = None,
    **options: Any,
) -> pandas.DataFrame:
    """Predictions for new rows from a fit that ``fit(..., save="FILE.fit")`` has kept.

    Parameters
    ----------
    saved
        The file of the fit.
    newdata
        A DataFrame or the path of a table with the columns of the formula.
    **options
        ``interval="prediction"``, ``random_effects="none"`` and so on; ``options("predict")`` lists them.
    """
    given = resolve("predict", options)
    with tempfile.TemporaryDirectory(prefix="webgpu-lmm-") as place:
        folder = Path(place)
        is_frame = isinstance(newdata, pandas.DataFrame)
        rows = str(write_frame(newdata, folder / "rows")) if is_frame else os.fspath(newdata)
        out = folder / f"predictions{extension()}"
        words = ["predict", os.fspath(saved), rows, *flags("predict", given), f"--out={out}"]
        run_command(words, command=command, log=log, names={rows: "the new rows"} if is_frame else None)
        return read_table(out)
