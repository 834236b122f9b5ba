"""Keyword arguments and the flags that they stand for."""

from __future__ import annotations

import numpy
import pytest

import webgpu_lmm as lmm
from webgpu_lmm.options import flags, in_python, resolve


def words(verb: str = "fit", **given):
    return flags(verb, resolve(verb, given))


def test_values_of_every_kind():
    assert words(min_cells=numpy.int64(3), conf_int=0.9, ddf=None) == ["--min-cells=3", "--conf-int=0.9"]
    assert words(method="ML") == words(ml=True) == ["--ml"]
    assert words(method="REML") == words(quiet=False) == words(moderate=False) == []
    assert words(moderate=True, anova=True) == ["--moderate", "--anova"]
    assert words(contrasts={"a": "x - z", "b": "x"}) == ["--contrast=a=x - z", "--contrast=b=x"]
    assert words(factor="arm") == words(factor=["arm"]) == ["--factor=arm"]
    assert words(factor={"arm": ["b, c", "a"]}) == ['--factor=arm="b, c",a']
    assert words(at={"time": [1, 5]}, emmeans="arm") == ["--at=time=1,5", "--emmeans=arm"]


def test_names_of_the_library_and_of_flags():
    assert words(normalize="log1p-cpm") == ["--normalize=log1p-cpm"]
    with pytest.warns(FutureWarning, match="'normalisation' is called 'normalize' now"):
        assert words(normalisation="log1p-cpm") == ["--normalize=log1p-cpm"]
    # contrasts are tests here, as in the library; the codings of factors have a name of their own.
    assert words(contrasts=["a=x"], coding={"arm": "sum"}) == ["--contrast=a=x", "--coding=arm=sum"]
    assert words("predict", random_effects="none") == ["--re-form=none"]
    with pytest.raises(lmm.OptionError, match="given twice"):
        words(normalize="none", normalisation="none")


def test_misuse():
    with pytest.raises(lmm.OptionError, match="'ddf' needs a value"):
        words(ddf=True)
    with pytest.raises(lmm.OptionError, match="'REML' or 'ML' is needed"):
        words(method="RML")
    with pytest.raises(lmm.OptionError, match="moments has no option 'ddf'"):
        words("moments", ddf="satterthwaite")
    with pytest.raises(lmm.OptionError, match="no option 'formula'"):
        words(formula="~ x")


def test_what_the_command_says_in_words_of_python():
    assert in_python("add --min-cells 3 or --ddf satterthwaite.") == "add min_cells=3 or ddf='satterthwaite'."
    assert in_python("--ml does not go with --no-notes here") == "method='ML' does not go with no_notes here"
    assert in_python("give --where 'n > 5' to webgpu-lmm") == "give where='n > 5' to webgpu-lmm"
    assert in_python("--unheard-of 3 -- stays") == "--unheard-of 3 -- stays"


def test_the_list_of_options():
    listed = lmm.options("fit")
    assert {"normalize", "min_cells", "split_by", "moderate"} <= set(listed.index)
    assert not {"formula", "obs", "format"} & set(listed.index)
    assert "log1p-cp10k" in listed.loc["normalize", "values"]
    assert not listed["meaning"].str.contains("“").any()
