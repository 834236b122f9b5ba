"""AnnData objects in, ``uns`` and ``varm`` out; files of backed ones are read where they are."""

from __future__ import annotations

import hashlib
import os
import shlex
import subprocess

import anndata
import numpy
import pandas
import pytest
import scipy.sparse
from conftest import CELLS, assert_same

import webgpu_lmm as lmm
from webgpu_lmm import handover

MODEL = "~ stim + (1 | donor) + (1 | sample)"
OPTIONS = {"normalize": "log1p-cp10k", "log": lambda line: None}


@pytest.fixture(scope="module")
def judged(judge):
    return judge("fit", str(CELLS), f"--obs={CELLS / 'obs.tsv'}", f"--formula={MODEL}", "--normalize=log1p-cp10k")


def test_numbers_are_those_of_the_command(cells, judged):
    assert_same(lmm.fit(cells, MODEL, **OPTIONS), judged)


@pytest.mark.parametrize("form", ["csc", "dense", "double", "layer", "raw", "view"])
def test_every_form_of_a_matrix(cells, judge, form, tmp_path):
    """The judge reads the object as anndata writes it, whole."""
    given = {"csc": cells.X.tocsc(), "dense": cells.X.toarray(), "double": cells.X.astype("float64")}
    options = dict(OPTIONS)
    if form in given:
        cells = anndata.AnnData(given[form], obs=cells.obs, var=cells.var, dtype=given[form].dtype)
    elif form == "layer":
        cells.layers["counts"] = cells.X.copy()
        cells.X = scipy.sparse.csr_matrix(cells.shape)
        options["layer"] = "counts"
    elif form == "raw":
        cells.raw = cells.copy()
        cells = cells[:, :20].copy()
        options["layer"] = "raw"
    else:
        cells = cells[cells.obs_names[cells.obs["sex"] == "F"], cells.var_names[::2]]
    cells.copy().write_h5ad(tmp_path / "whole.h5ad")
    layer = [f"--layer={options['layer']}"] if "layer" in options else []
    words = ("fit", str(tmp_path / "whole.h5ad"), f"--formula={MODEL}", "--normalize=log1p-cp10k", *layer)
    assert_same(lmm.fit(cells, MODEL, key_added=None, **options), judge(*words))


def test_uns_and_varm(cells, judged, tmp_path):
    cells = cells[:, ::-1].copy()
    contrasts = {"half / of it": "0.5 * stimstim"}
    table = lmm.fit(cells, MODEL, table="toptable:stimstim", min_cells=60, contrasts=contrasts, **OPTIONS)
    genes = cells.varm["webgpu_lmm"]
    assert genes.index.equals(cells.var_names)
    tested = genes["stimstim.p.value"].dropna()
    assert 0 < len(tested) < cells.n_vars
    assert set(tested.index) == set(table.loc[table["P.Value"].notna(), "response"])
    for gene in tested.index[:5]:
        assert tested[gene] == float(judged[(gene, "NA", "stimstim")]["p.value"])
        half = genes.loc[gene, "half _ of it.estimate"]
        assert half == pytest.approx(0.5 * genes.loc[gene, "stimstim.estimate"], rel=1e-12)
    facts = cells.uns["webgpu_lmm"]
    assert facts["formula"] == MODEL and facts["version"] == lmm.version()
    assert facts["options"]["min_cells"] == 60
    assert any("units of the tests" in note for note in facts["notes"])
    cells.write_h5ad(tmp_path / "kept.h5ad")
    kept = anndata.read_h5ad(tmp_path / "kept.h5ad")
    pandas.testing.assert_frame_equal(kept.varm["webgpu_lmm"], genes)
    assert kept.uns["webgpu_lmm"]["formula"] == MODEL
    assert list(kept.uns["webgpu_lmm"]["notes"]) == list(facts["notes"])


def test_the_command_annotates_a_file_as_the_package_does(cells, tmp_path):
    cells.write_h5ad(tmp_path / "cells.h5ad")
    out = tmp_path / "annotated.h5ad"
    words = ["fit", str(tmp_path / "cells.h5ad"), "--formula", MODEL, "--normalize", "log1p-cp10k", "--out", str(out), "--quiet"]
    subprocess.run([*shlex.split(os.environ["WEBGPU_LMM"]), *words], check=True, stderr=subprocess.PIPE)
    written = anndata.read_h5ad(out)
    lmm.fit(cells, MODEL, normalisation="log1p-cp10k")
    genes = cells.varm["webgpu_lmm"]
    found = written.varm["webgpu_lmm"]
    assert list(found.columns) == list(genes.columns)
    assert list(found["status"].astype(str)) == list(genes["status"].astype(str))
    numbers = [name for name in genes.columns if name != "status"]
    pandas.testing.assert_frame_equal(found[numbers], genes[numbers])
    facts = written.uns["webgpu_lmm"]
    assert facts["formula"] == MODEL and facts["version"] == lmm.version()
    assert facts["options"]["normalize"] == "log1p-cp10k"
    assert sum(facts["statuses"].values()) == cells.n_vars
    assert (written.X != cells.X).nnz == 0
    pandas.testing.assert_frame_equal(written.obs, anndata.read_h5ad(tmp_path / "cells.h5ad").obs)


def test_split_results_stand_beside_each_other(cells):
    lmm.fit(cells, "~ stim + (1 | donor)", split_by="cell_type", key_added="by_type", **OPTIONS)
    names = cells.varm["by_type"].columns
    assert {"A.stimstim.p.value", "B.stimstim.p.value", "A.status", "B.status"} <= set(names)
    assert "webgpu_lmm" not in cells.uns


def test_leaves_the_object_alone(cells):
    before = cells.copy()
    lmm.fit(cells, MODEL, key_added=None, **OPTIONS)
    assert list(cells.uns) == [] and list(cells.varm) == []
    pandas.testing.assert_frame_equal(cells.obs, before.obs)


def test_columns_that_may_name_samples_are_handed_on(cells):
    notes = []
    lmm.fit(cells, "~ stim + (1 | donor)", normalize="log1p-cp10k", log=notes.append)
    assert any(note.startswith("WARNING: 'stim' varies within 'donor'") for note in notes)
    assert any("WARNING" in note for note in cells.uns["webgpu_lmm"]["notes"])


def test_ordered_categories_and_missing_values_of_obs(cells):
    cells.obs["grade"] = pandas.Categorical(cells.obs["sex"].map({"F": "low", "M": "high"}), ["low", "high"], ordered=True)
    cells.obs.loc[cells.obs_names[:5], "grade"] = None
    cells.obs["odd"] = [None, 1, "x"] * (cells.n_obs // 3)
    cells.obs["QC/passed"] = True
    first = cells.var_names[:1]
    found = lmm.fit(cells, "~ grade + (1 | donor)", table=["tidy", "glance"], responses=first, **OPTIONS)
    assert "grade.L" in found["tidy"]["term"].tolist()
    assert found["glance"]["nobs"].tolist() == [cells.n_obs - 5]


def test_columns_of_obs_with_kinds_of_pandas(cells):
    """Texts and booleans with a missing value of their own, which Debian's anndata cannot write."""
    plain = cells.copy()
    plain.obs["male"] = plain.obs["sex"] == "M"
    judged = lmm.fit(plain, "~ stim + male + (1 | donor)", **OPTIONS)
    cells.obs["stim"] = cells.obs["stim"].astype(str).astype("string")
    cells.obs["donor"] = cells.obs["donor"].astype(str).astype("string").astype("category")
    cells.obs["male"] = (cells.obs["sex"] == "M").astype("boolean")
    cells.obs["kept"] = (cells.obs["sex"] == "M").astype("boolean").mask(cells.obs["sex"] == "M")
    found = lmm.fit(cells, "~ stim + male + (1 | donor)", **OPTIONS)
    pandas.testing.assert_frame_equal(found, judged, rtol=0, atol=0)
    cells.obs.loc[cells.obs_names[:5], "male"] = pandas.NA
    cells.obs.loc[cells.obs_names[3:8], "stim"] = pandas.NA
    rows = lmm.fit(cells, "~ stim + male + (1 | donor)", table="glance", **OPTIONS)["nobs"]
    assert set(rows) == {cells.n_obs - 8}


def test_paths_are_parts_of_one_data_set(cells, tmp_path):
    donors = cells.obs["donor"].astype(str)
    middle = sorted(donors.unique())[donors.nunique() // 2]
    paths = [tmp_path / "a.h5ad", tmp_path / "b.h5ad"]
    for path, part in zip(paths, (donors < middle, donors >= middle)):
        cells[part.to_numpy()].copy().write_h5ad(path)
    found = lmm.fit(paths, MODEL, **OPTIONS)
    whole = lmm.fit(cells, MODEL, **OPTIONS)
    assert found["response"].tolist() == whole["response"].tolist()
    # Rows in another order: sums round otherwise.
    numpy.testing.assert_allclose(found["estimate"], whole["estimate"], rtol=1e-6, atol=1e-9)
    with pytest.raises(TypeError, match="a list of paths"):
        lmm.fit([cells], MODEL, **OPTIONS)


def test_levels_without_cells_are_gone(cells):
    cells.obs["cell_type"] = cells.obs["cell_type"].astype("category")
    some = cells[cells.obs["cell_type"] != "A"]
    terms = lmm.fit(some, "~ cell_type + (1 | donor)", key_added=None, **OPTIONS)["term"].unique().tolist()
    assert terms[:2] == ["(Intercept)", "cell_typeC"]


def test_repeated_names_are_refused(cells):
    cells.var_names = ["same"] * 2 + list(cells.var_names[2:])
    with pytest.raises(lmm.DataError, match="names of var repeat") as caught:
        lmm.fit(cells, MODEL, **OPTIONS)
    assert "var_names_make_unique" in caught.value.remedy


def test_an_unknown_layer_is_refused(cells):
    with pytest.raises(lmm.OptionError, match="no layer 'spliced'"):
        lmm.fit(cells, MODEL, layer="spliced", **OPTIONS)


def test_voom_of_samples(cells):
    sums = pandas.get_dummies(cells.obs["sample"])
    counts = sums.to_numpy(dtype=float).T @ cells.X.toarray()
    obs = cells.obs.groupby("sample", observed=True)[["donor", "stim"]].first().loc[list(sums.columns)]
    bulk = anndata.AnnData(counts, obs=obs, var=cells.var, dtype="float64")
    table = lmm.fit(bulk, "~ stim + (1 | donor)", weights="voom", moderate=True, table="toptable:stimstim",
                    log=lambda line: None)
    assert "B" in table.columns and table["P.Value"].notna().sum() > 100
    assert bulk.varm["webgpu_lmm"].shape[0] == cells.n_vars


class TestBacked:
    """Objects whose matrix stays in a file."""

    @pytest.fixture
    def path(self, cells, tmp_path):
        path = tmp_path / "cells.h5ad"
        cells.write_h5ad(path)
        return path

    @pytest.fixture
    def untouched(self, path, monkeypatch):
        def refuse(*_):
            raise AssertionError("the matrix of a backed object was written")

        monkeypatch.setattr(handover, "write_h5ad", refuse)
        before = hashlib.sha256(path.read_bytes()).hexdigest()
        yield
        assert hashlib.sha256(path.read_bytes()).hexdigest() == before

    def test_is_read_where_it_is(self, path, judged, untouched):
        backed = anndata.read_h5ad(path, backed="r")
        assert_same(lmm.fit(backed, MODEL, **OPTIONS), judged)
        assert backed.varm["webgpu_lmm"]["stimstim.p.value"].notna().any()

    def test_obs_of_the_object_stand_above_those_of_the_file(self, path, untouched):
        backed = anndata.read_h5ad(path, backed="r")
        backed.obs["half"] = pandas.Categorical(["b", "a"] * (backed.n_obs // 2), categories=["b", "a"])
        terms = lmm.fit(backed, "~ half + (1 | donor)", **OPTIONS)["term"]
        assert "halfa" in terms.tolist()

    def test_a_view_is_fitted_and_not_written_to(self, path, cells, untouched):
        some = anndata.read_h5ad(path, backed="r")[cells.obs["sex"] == "F", :30]
        with pytest.warns(UserWarning, match="view of a file"):
            table = lmm.fit(some, MODEL, table="glance", **OPTIONS)
        assert len(table) == 30
        assert table["nobs"].max() == int((cells.obs["sex"] == "F").sum())
