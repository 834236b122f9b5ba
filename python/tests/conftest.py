"""Examples of the repository as AnnData objects and frames, and the command as the judge of what the package gives."""

from __future__ import annotations

import csv
import os
import shlex
import subprocess
from pathlib import Path

import anndata
import pandas
import pytest
import scipy.io

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
CELLS = EXAMPLES / "cells"

os.environ.setdefault("WEBGPU_LMM", f"node {shlex.quote(str(ROOT / 'dist' / 'cli.js'))}")


@pytest.fixture(scope="session")
def _cells() -> anndata.AnnData:
    counts = scipy.io.mmread(CELLS / "matrix.mtx.gz").tocsc().T.astype("float32").tocsr()
    barcodes = pandas.read_csv(CELLS / "barcodes.tsv.gz", header=None, sep="\t")[0]
    features = pandas.read_csv(CELLS / "features.tsv.gz", header=None, sep="\t")
    obs = pandas.read_csv(CELLS / "obs.tsv", sep="\t", index_col=0).loc[barcodes]
    var = pandas.DataFrame({"gene_symbols": features[1].to_numpy()}, index=features[0].to_numpy())
    return anndata.AnnData(counts, obs=obs, var=var, dtype="float32")


@pytest.fixture
def cells(_cells: anndata.AnnData) -> anndata.AnnData:
    """1,200 cells of 12 donors in memory, the test's own."""
    return _cells.copy()


@pytest.fixture
def visits() -> pandas.DataFrame:
    return pandas.read_csv(EXAMPLES / "visits.csv")


@pytest.fixture(scope="session")
def judge(tmp_path_factory: pytest.TempPathFactory):
    """The command on its own: rows of a table as texts, by response and term (or by response)."""
    folder = tmp_path_factory.mktemp("judge")

    def rows(*words: str, table: str = "tidy", keys=("response", "group", "term")) -> dict:
        out = folder / "judge.tsv"
        words = (*shlex.split(os.environ["WEBGPU_LMM"]), *words, f"--out={table}={out}", "--quiet", "--no-notes")
        subprocess.run(words, check=True, capture_output=True)
        with open(out, newline="") as file:
            return {tuple(row[key] for key in keys): row for row in csv.DictReader(file, delimiter="\t")}

    return rows


@pytest.fixture
def quiet() -> dict:
    """Options of a run that says nothing."""
    return {"log": lambda line: None}


def assert_same(table: pandas.DataFrame, judged: dict, keys=("response", "group", "term")) -> None:
    """Every number of a table is that of the command, to the last bit."""
    assert len(table) == len(judged) > 0
    for row in table.to_dict("records"):
        expected = judged[tuple("NA" if pandas.isna(row[key]) else row[key] for key in keys)]
        for name, value in row.items():
            if isinstance(value, float) and not pandas.isna(value):
                assert value == float(expected[name]), (row, name)
            else:
                assert ("NA" if pandas.isna(value) else str(value)) == expected[name], (row, name)
