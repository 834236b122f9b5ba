"""What docs/python.md shows is what its code prints."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import subprocess
from typing import List, NamedTuple, Optional

from conftest import ROOT

import webgpu_lmm as lmm

PAGE = (ROOT / "docs" / "python.md").read_text("utf-8")


class Block(NamedTuple):
    """Code of the page and the output that is shown below it."""

    code: str
    output: Optional[str]


def blocks(text: str) -> List[Block]:
    found = re.findall(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", text, re.M | re.S)
    return [Block(code, output or None) for code, output in found]


def test_the_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for line in re.findall(r"^    webgpu-lmm (.*)$", PAGE, re.M):
        subprocess.run([*lmm.find_command(), *shlex.split(line)], check=True, capture_output=True)
    space: dict = {}
    shown = blocks(PAGE)
    for code, output in shown:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()):
            exec(compile(code, "docs/python.md", "exec"), space)
        if output is not None:
            assert printed.getvalue().split() == output.split(), code
    assert sum(output is not None for _, output in shown) >= 3
