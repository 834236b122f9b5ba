"""Moments and saved fits: what one run keeps for others."""

from __future__ import annotations

import pandas
import pytest
from conftest import EXAMPLES, assert_same

import webgpu_lmm as lmm

MODEL = "y ~ time * arm + age + (time | subject)"


def test_moments_give_the_tables_of_the_data(visits, judge, quiet):
    moments = lmm.moments(visits, MODEL, **quiet)
    path = moments.path
    assert_same(moments.tidy(**quiet), judge("fit", str(EXAMPLES / "visits.csv"), f"--formula={MODEL}"))
    assert lmm.fit(moments, table="glance", **quiet)["status"].tolist() == ["ok"]
    assert moments.anova(**quiet)["term"].tolist() == ["time", "arm", "age", "time:arm"]
    assert moments.emmeans("arm", **quiet)["arm"].tolist() == ["placebo", "treated"]
    assert len(moments.pairs("arm", **quiet)) == 1
    assert moments.toptable("time", **quiet)["response"].tolist() == ["y"]
    assert set(moments.ranef(**quiet)["group"]) == {"subject"}
    assert len(moments.variance(**quiet)) == 1
    with pytest.raises(lmm.OptionError, match="'?where'? cannot be changed for stored moments"):
        moments.tidy(where="age > 50", **quiet)
    assert path.exists()
    del moments
    assert not path.exists()


def test_moments_are_kept_where_they_are_asked_for(visits, quiet, tmp_path):
    kept = lmm.moments(visits, "y ~ time + (1 | subject)", path=tmp_path / "visits.moments", **quiet)
    table = kept.tidy(**quiet)
    again = lmm.Moments(tmp_path / "visits.moments").tidy(**quiet)
    pandas.testing.assert_frame_equal(table, again)


def test_predictions_of_a_saved_fit(visits, quiet, tmp_path):
    saved = tmp_path / "visits.fit"
    coefficients = lmm.fit(visits, MODEL, save=saved, **quiet).set_index("term")["estimate"]
    rows = pandas.DataFrame({"time": [0.0, 2.0], "arm": ["placebo", "treated"], "age": [40, 50]})
    found = lmm.predict(saved, rows, random_effects="none", interval="confidence", **quiet)
    expected = coefficients["(Intercept)"] + 40 * coefficients["age"]
    assert found[".fitted"][0] == pytest.approx(expected, rel=1e-12)
    assert (found[".lower"] < found[".fitted"]).all()
