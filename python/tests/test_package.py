"""The package as pip installs it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

import webgpu_lmm as lmm

PACKAGE = ROOT / "python"


def test_one_version_and_one_licence():
    assert lmm.__version__ == json.loads((ROOT / "package.json").read_text("utf-8"))["version"]
    assert f'version = "{lmm.__version__}"' in (PACKAGE / "pyproject.toml").read_text("utf-8")
    assert (ROOT / "LICENSE").read_text("utf-8").startswith((PACKAGE / "LICENSE").read_text("utf-8").rstrip())


def test_an_installation(tmp_path: Path):
    pytest.importorskip("ensurepip", reason="no python3-venv")
    pytest.importorskip("wheel", reason="no python3-wheel")
    # pip builds in the folder: the sources stay clean.
    source = tmp_path / "python"
    shutil.copytree(PACKAGE, source, ignore=shutil.ignore_patterns("__pycache__", "tests"))
    place = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--system-site-packages", place], check=True)
    python = place / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    install = [python, "-m", "pip", "install", "--no-build-isolation", "--no-index", "--quiet", source]
    done = subprocess.run(install, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    code = (
        "import webgpu_lmm as lmm, importlib.metadata as m, importlib.resources as r; "
        "assert len(lmm.options('fit')) > 40; "
        "assert r.files('webgpu_lmm').joinpath('py.typed').is_file(); "
        "print(lmm.__file__, m.version('webgpu-lmm'))"
    )
    found = subprocess.run([python, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert found.stdout.startswith(str(place)) and found.stdout.split()[-1] == lmm.__version__, found.stderr
