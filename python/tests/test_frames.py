"""Frames in, frames out: numbers of the command to the last bit, categories and texts as pandas has them."""

from __future__ import annotations

import numpy
import pandas
import pytest
from conftest import EXAMPLES, assert_same

import webgpu_lmm as lmm
from webgpu_lmm import tables

MODEL = "y ~ time * arm + age + (time | subject)"


def test_numbers_are_those_of_the_command(visits, judge, quiet):
    table = lmm.fit(visits, MODEL, **quiet)
    assert_same(table, judge("fit", str(EXAMPLES / "visits.csv"), f"--formula={MODEL}"))
    assert table["p.value"].dtype == float and table["response"].tolist() == ["y"] * 9
    assert table.attrs["webgpu_lmm"]["formula"] == MODEL


def test_a_path_is_read_as_it_is(judge, quiet):
    path = EXAMPLES / "visits.csv"
    assert_same(lmm.fit(path, MODEL, ddf="satterthwaite", **quiet),
                judge("fit", str(path), f"--formula={MODEL}", "--ddf=satterthwaite"))


def test_parquet_says_the_same_as_text(visits, quiet, monkeypatch):
    pytest.importorskip("pyarrow")
    visits["late"] = visits["time"] > 2
    by_parquet = lmm.fit(visits, MODEL + " + late", **quiet)
    monkeypatch.setattr(tables, "has_parquet", lambda: False)
    by_text = lmm.fit(visits, MODEL + " + late", **quiet)
    pandas.testing.assert_frame_equal(by_parquet, by_text, rtol=0, atol=0, check_dtype=False)


def test_several_tables_come_in_a_dict(visits, quiet):
    found = lmm.fit(visits, MODEL, table=["glance", "ranef", "toptable:time"], **quiet)
    assert list(found) == ["glance", "ranef", "toptable:time"]
    assert found["glance"]["status"].tolist() == ["ok"]
    assert found["glance"]["singular"].tolist() == [False]
    assert len(found["ranef"]) == 2 * visits["subject"].nunique()
    assert found["toptable:time"]["logFC"][0] == pytest.approx(1.6309, abs=1e-4)


def test_options_that_ask_for_a_table_give_it(visits, quiet):
    means = lmm.fit(visits, MODEL, emmeans="arm", at={"time": 5}, **quiet)
    assert means["arm"].tolist() == ["placebo", "treated"]
    tests = lmm.fit(visits, MODEL, anova=True, **quiet)
    assert tests["term"].tolist() == ["time", "arm", "age", "time:arm"]


def test_gene_sets_of_a_file_give_their_table(tmp_path, quiet):
    names = [f"GENE{gene:03}" for gene in range(1, 41)]
    sets = tmp_path / "sets.gmt"
    sets.write_text("\n".join("\t".join([name, "", *genes]) for name, genes in [("A", names[:20]), ("B", names[20:])]))
    model = "~ stim + (1 | donor) + (1 | sample)"
    cells = {"obs": EXAMPLES / "cells" / "obs.tsv", "normalize": "log1p-cp10k"}
    tested = lmm.fit(EXAMPLES / "cells", model, gene_sets=sets, gene_set_min=10, **cells, **quiet)
    assert sorted(tested["set"]) == ["A", "B"] and tested["genes"].sum() == 40


def test_categories_keep_their_order(visits, quiet):
    visits["arm"] = pandas.Categorical(visits["arm"], categories=["treated", "placebo", "never seen"])
    terms = lmm.fit(visits, MODEL, **quiet)["term"]
    assert "armplacebo" in terms.tolist() and "armnever seen" not in terms.tolist()
    visits["grade"] = pandas.cut(visits["age"], 3, labels=["low, very", "middle", "high"])
    terms = lmm.fit(visits, "y ~ grade + (1 | subject)", **quiet)["term"].tolist()
    assert terms[:3] == ["(Intercept)", "grade.L", "grade.Q"]


def test_texts_of_digits_are_levels(visits, quiet):
    visits["site"] = (visits["subject"].astype(str).str.extract(r"(\d+)")[0].astype(int) % 3).astype(str).str.zfill(2)
    terms = lmm.fit(visits, "y ~ time + site + (1 | subject)", **quiet)["term"].tolist()
    assert terms[:4] == ["(Intercept)", "time", "site01", "site02"]
    visits["tens"] = visits["site"].map({"00": "9", "01": "10", "02": "8"})
    terms = lmm.fit(visits, "y ~ tens + (1 | subject)", **quiet)["term"].tolist()
    assert terms[:3] == ["(Intercept)", "tens8", "tens9"]
    own = lmm.fit(visits, "y ~ time + site + (1 | subject)", factor={"site": ["02", "01", "00"]}, **quiet)["term"]
    assert own.tolist()[:4] == ["(Intercept)", "time", "site01", "site00"]


def test_texts_of_one_number_are_refused(visits, quiet):
    visits["site"] = ["1", "01"] * (len(visits) // 2) + ["2"] * (len(visits) % 2)
    with pytest.raises(lmm.DataError, match="different texts of one number"):
        lmm.fit(visits, "y ~ site + (1 | subject)", **quiet)


def test_missing_values_and_kinds_of_pandas(visits, quiet):
    visits["late"] = (visits["time"] > 2).astype("boolean")
    visits["whole"] = visits["time"].round().astype("Int64")
    visits["single"] = visits["age"].astype("float32")
    visits.loc[3, "late"] = pandas.NA
    visits.loc[5, "whole"] = pandas.NA
    visits.loc[[7, 8], "y"] = numpy.nan
    found = lmm.fit(visits, "y ~ late + whole + single + (1 | subject)", table=["tidy", "glance"], **quiet)
    assert found["tidy"]["term"].tolist()[:4] == ["(Intercept)", "lateTRUE", "whole", "single"]
    assert found["glance"]["nobs"].tolist() == [len(visits) - 4]
    doubled = visits.assign(single=visits["single"].astype("float64"))
    again = lmm.fit(doubled, "y ~ late + whole + single + (1 | subject)", **quiet)
    pandas.testing.assert_frame_equal(found["tidy"], again, rtol=0, atol=0)


def test_responses_beside_the_frame(visits, judge, quiet, tmp_path):
    covariates = visits.drop(columns="y").set_index("subject", append=True)
    responses = pandas.DataFrame(
        {f"protein {k}, P{k}": visits["y"] * (k + 1) + numpy.sin(numpy.arange(len(visits)) * (k + 1)) for k in range(4)}
    ).set_index(covariates.index)
    table = lmm.fit(covariates, "~ time * arm + (1 | subject)", responses=responses, **quiet)
    assert table["response"].unique().tolist() == list(responses.columns)
    wide = tmp_path / "wide.csv"
    pandas.concat([visits.reset_index(drop=True), responses.reset_index(drop=True)], axis=1).to_csv(wide, index=False)
    assert_same(table, judge("fit", str(wide), "--formula=~ time * arm + (1 | subject)", "--responses=/^protein/"))
    with pytest.raises(lmm.DataError, match="other rows"):
        lmm.fit(covariates, "~ time + (1 | subject)", responses=responses.iloc[1:], **quiet)


def test_a_table_of_responses_in_rows(quiet):
    samples = [f"S{k}" for k in range(12)]
    obs = pandas.DataFrame({"arm": ["a", "b"] * 6, "donor": [f"D{k // 2}" for k in range(12)]}, index=samples)
    random = numpy.random.default_rng(1)
    bulk = pandas.DataFrame(random.poisson(50, (5, 12)).astype(float), index=[f"G{k}" for k in range(5)], columns=samples)
    table = lmm.fit(bulk, "~ arm + (1 | donor)", obs=obs, table="toptable", **quiet)
    assert sorted(table["response"]) == list(bulk.index)
    row = table.set_index("response").loc["G3"]
    assert row["logFC"] == pytest.approx((bulk.loc["G3"].to_numpy()[1::2] - bulk.loc["G3"].to_numpy()[::2]).mean())


def test_models_without_a_fit_are_rows_with_a_status(visits, quiet):
    visits["flat"] = 1.0
    found = lmm.fit(visits, "flat ~ time + (1 | subject)", table=["tidy", "status"], **quiet)
    assert len(found["tidy"]) == 0
    assert found["status"]["status"].tolist() == ["constant"]


def test_names_stay_texts(visits, quiet):
    numbered = visits.rename(columns={"y": "1"})
    responses = numbered[["1"]].assign(NA=numbered["1"] + numbered["age"])
    found = lmm.fit(numbered.drop(columns="1"), "~ time + (1 | subject)", responses=responses, **quiet)
    assert found["response"].unique().tolist() == ["1", "NA"]


def test_columns_of_one_name_are_refused(visits, quiet):
    with pytest.raises(lmm.DataError, match="two columns are named 'y'"):
        lmm.fit(pandas.concat([visits, visits[["y"]]], axis=1), MODEL, **quiet)
    with pytest.raises(TypeError, match="ndarray"):
        lmm.fit(visits.to_numpy(), MODEL, **quiet)


def test_compare(visits, judge, quiet):
    formulas = ["y ~ time + age + (time | subject)", MODEL]
    table = lmm.compare(visits, formulas, table="tests", **quiet)
    words = ("compare", str(EXAMPLES / "visits.csv"), *(f"--formula={formula}" for formula in formulas))
    judged = judge(*words, table="tests", keys=("response",))
    assert table["p.value"][0] == float(judged[("y",)]["p.value"])
    assert lmm.compare(visits, formulas, **quiet)["AIC"].notna().all()
    assert len(lmm.compare(visits, MODEL, tests="ranova", **quiet)) > 0
    assert "time:arm" in lmm.compare(visits, MODEL, tests="drop1", **quiet)["term"].tolist()
