"""Finding the command, its progress, its end, and its errors as exceptions."""

from __future__ import annotations

import os
import pickle
import signal
import stat
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest
from conftest import EXAMPLES

import webgpu_lmm as lmm

MODEL = "y ~ time + (1 | subject)"


def program(path: Path, text: str) -> str:
    """A program of Python that stands for the command."""
    path.write_text(f"#!{sys.executable}\n{text}", "utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


class TestErrors:
    """Tag, message and remedy of the command, in the words of Python."""

    def test_a_mistyped_column(self, visits, quiet):
        with pytest.raises(lmm.FormulaError, match="no column 'tim'; did you mean 'time'") as caught:
            lmm.fit(visits, "y ~ tim + (1 | subject)", **quiet)
        error = caught.value
        assert error.tag == "FormulaError" and error.status == 2
        assert error.fields["position"] == 5
        assert isinstance(error, ValueError) and isinstance(error, lmm.FitError)
        again = pickle.loads(pickle.dumps(error))
        assert (again.tag, str(again), again.remedy) == (error.tag, str(error), error.remedy)

    def test_files_of_ours_are_not_named(self, visits, quiet):
        visits["arm"] = "x"
        with pytest.raises(lmm.FitError) as caught:
            lmm.fit(visits, "arm ~ time + (1 | subject)", **quiet)
        assert tempfile.gettempdir() not in str(caught.value)
        assert "the data" in str(caught.value)

    def test_an_unreadable_file(self, quiet):
        with pytest.raises(lmm.DataError, match="no such file") as caught:
            lmm.fit("nowhere.csv", MODEL, **quiet)
        assert caught.value.status == 1
        assert "Check the name" in caught.value.remedy

    def test_options_go_by_their_names_in_python(self, visits, quiet):
        with pytest.raises(lmm.OptionError, match="Kenward-Roger") as caught:
            lmm.fit(visits, MODEL, ml=True, ddf="kenward-roger", **quiet)
        assert "method='ML'" in str(caught.value) and "--" not in str(caught.value)

    def test_an_option_that_is_none(self, visits, quiet):
        with pytest.raises(lmm.OptionError, match="no option 'min_cell'") as caught:
            lmm.fit(visits, MODEL, min_cell=3, **quiet)
        assert caught.value.remedy == "Did you mean 'min_cells'?"

    def test_a_table_that_is_none(self, visits, quiet):
        with pytest.raises(lmm.OptionError, match="no table 'tdy'") as caught:
            lmm.fit(visits, MODEL, table="tdy", **quiet)
        assert caught.value.remedy == "Did you mean 'tidy'?"

    def test_a_command_that_breaks(self, visits, quiet, tmp_path):
        broken = program(tmp_path / "broken", "import sys\nsys.exit('out of memory')")
        with pytest.raises(lmm.CommandError, match="ended with status 1: out of memory"):
            lmm.fit(visits, MODEL, command=broken, **quiet)


class TestCommand:
    """Where the command is looked for."""

    def test_the_variable_names_it(self):
        assert lmm.version() == lmm.__version__
        assert lmm.find_command()[-1].endswith("cli.js")

    def test_a_script_is_run_by_node(self, monkeypatch):
        script = lmm.find_command()[-1]
        assert lmm.version(script) == lmm.__version__
        monkeypatch.setenv("WEBGPU_LMM", script)
        assert lmm.find_command()[-1] == script

    def test_an_installed_one_is_found(self, monkeypatch, tmp_path):
        monkeypatch.delenv("WEBGPU_LMM")
        monkeypatch.setenv("PATH", str(tmp_path))
        local = tmp_path / "project" / "node_modules" / ".bin"
        (tmp_path / "project" / "deep").mkdir(parents=True)
        local.mkdir(parents=True)
        monkeypatch.chdir(tmp_path / "project" / "deep")
        in_project = program(local / "webgpu-lmm", "print('9')")
        assert lmm.find_command() == [in_project]
        on_path = program(tmp_path / "webgpu-lmm", "print('8')")
        assert lmm.find_command() == [on_path]

    def test_none_says_how_to_install_it(self, monkeypatch, tmp_path, visits):
        monkeypatch.delenv("WEBGPU_LMM")
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.chdir(tmp_path)
        with pytest.raises(lmm.CommandError, match="not installed") as caught:
            lmm.fit(visits, MODEL)
        assert "npm install -g" in caught.value.remedy and "WEBGPU_LMM" in caught.value.remedy
        with pytest.raises(lmm.CommandError, match="no program 'nothing-such'"):
            lmm.fit(visits, MODEL, command="nothing-such --flag")


class TestProgress:
    """What the command says on the way."""

    SAYS = "\n".join(
        [
            "import sys, time, signal",
            "say = lambda text: print(text, file=sys.stderr, flush=True)",
            "say('reading: 50 of 200 entries (25 %), 10/s, 15 s left')",
            "say('a remark on --min-cells 3')",
            "say('fitting: 1 of 9 models (11 %), 1.00/s, 8 s left')",
        ]
    )

    def test_is_handed_on(self, visits, tmp_path):
        reports, lines = [], []
        talkative = program(tmp_path / "talkative", self.SAYS + "\nsys.exit(7)")
        with pytest.raises(lmm.CommandError, match="status 7"):
            lmm.fit(visits, MODEL, command=talkative, progress=lambda *report: reports.append(report), log=lines.append)
        assert reports == [("reading", 50, 200), ("fitting", 1, 9)]
        assert lines == ["a remark on min_cells=3"]

    def test_is_printed_without_a_callback(self, visits, capsys):
        lmm.fit(visits, MODEL)
        assert "units of the tests" in capsys.readouterr().err
        lmm.fit(visits, MODEL, quiet=True, no_notes=True)
        assert capsys.readouterr().err == ""

    @pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
    def test_an_interrupt_ends_the_command(self, visits, tmp_path):
        mark = tmp_path / "ended"
        patient = program(
            tmp_path / "patient",
            f"{self.SAYS}\nsignal.signal(signal.SIGTERM, lambda *_: (open({str(mark)!r}, 'w').close(), sys.exit(143)))\n"
            "say('fitting: 2 of 9 models (22 %), 1.00/s, 7 s left')\ntime.sleep(60)",
        )

        def stop(phase, done, total):
            if done == 2:
                raise KeyboardInterrupt

        started = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            lmm.fit(visits, MODEL, command=patient, progress=stop, log=lambda line: None)
        assert mark.exists()
        assert time.monotonic() - started < 30

    @pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
    def test_ctrl_c_ends_a_long_run(self, monkeypatch, tmp_path, quiet):
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        # Shells start what runs in the background deaf to it.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        alarm = threading.Timer(1.5, os.kill, (os.getpid(), signal.SIGINT))
        alarm.start()
        with pytest.raises(KeyboardInterrupt):
            lmm.fit(EXAMPLES / "visits.csv", "y ~ time + (time | subject)", bootstrap=1_000_000, backend="cpu", **quiet)
        alarm.join()
        signal.signal(signal.SIGINT, before)
        assert list(tmp_path.iterdir()) == []
