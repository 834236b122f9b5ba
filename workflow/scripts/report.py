"""A page on one family of the workflow, tables for MultiQC and versions.yml, from the logs and tables of its jobs.

Needs Python's standard library alone. Every number is one that the program has written.
"""

import csv
import html
import json
import math

BINS = 20


def read_log(path):
    """The log of a job; None where somebody has removed it."""
    try:
        with open(path) as file:
            return json.load(file)
    except FileNotFoundError:
        return None


def number(text):
    """A cell of a table; None for NA."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


class Tests:
    """P-values of the fixed terms and contrasts of a tidy table, by term and, where there are any, split."""

    def __init__(self, path, level, top):
        self.terms = {}
        with open(path, newline="") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                if row["effect"] == "fixed" and row["term"] != "(Intercept)":
                    name = row["term"] if "split" not in row else f"{row['term']} ({row['split']})"
                    self.terms.setdefault(name, Term(level, top)).add(row)


class Term:
    def __init__(self, level, top):
        self.level = level
        self.most = top
        self.tested = 0
        self.significant = 0
        self.bins = [0] * BINS
        self.rows = []

    def add(self, row):
        # Moderated tests stand in the place of the ordinary ones, as in a toptable.
        p = number(row.get("p.moderated", row["p.value"]))
        adjusted = number(row.get("p.moderated.adjusted", row["p.adjusted"]))
        if p is None:
            return
        self.tested += 1
        self.significant += adjusted is not None and adjusted < self.level
        self.bins[min(BINS - 1, int(p * BINS))] += 1
        self.rows.append((p, adjusted, row))
        if len(self.rows) > 50 * self.most:
            self.shorten()

    def shorten(self):
        self.rows.sort(key=lambda one: one[0])
        del self.rows[self.most :]

    def best(self):
        self.shorten()
        return self.rows


def histogram(bins):
    """P-values in equal bins, as a picture in the page; the line is where they would be without any effect."""
    width, height = 12, 60
    most = max(max(bins), 1)
    bars = "".join(
        f'<rect x="{k * width}" y="{height - height * count / most:.1f}" width="{width - 1}" height="{height * count / most:.1f}"/>'
        for k, count in enumerate(bins)
    )
    even = height - height * sum(bins) / len(bins) / most
    label = f"{len(bins)} bins of p-values from 0 to 1: {', '.join(map(str, bins))}"
    return (
        f'<svg viewBox="0 0 {width * len(bins)} {height}" width="{width * len(bins)}" height="{height}" role="img" '
        f'aria-label="{label}">{bars}<line x1="0" x2="{width * len(bins)}" y1="{even:.1f}" y2="{even:.1f}"/></svg>'
    )


def table(names, rows):
    """Cells are text, or markup that begins with `<`."""

    def cell(value):
        text = "" if value is None else str(value)
        return text if text.startswith("<svg") else html.escape(text)

    head = "".join(f"<th>{html.escape(name)}</th>" for name in names)
    body = "".join("<tr>" + "".join(f"<td>{cell(value)}</td>" for value in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>\n"


def digits(value, count=3):
    return "NA" if value is None else f"{value:.{count}g}"


def cells_of(log):
    return sum(one["rows"] for one in log["rows"]) if log else None


def sample_rows(samples, logs):
    """What was read of each sample, and what that took."""
    for sample, log in zip(samples, logs):
        data = next((one for one in log["inputs"] if one["role"] == "data"), {}) if log else {}
        times = log["times"] if log else {}
        yield {
            "Sample": sample,
            "cells": cells_of(log),
            "bytes": data.get("size"),
            "seconds": times.get("seconds"),
            "memory_mb": times and round(times["maximumResidentBytes"] / 2**20),
            "sha256": data.get("sha256"),
        }


def fit_rows(family, gather, logs):
    """Statuses of all fits in one row."""
    (fits,) = gather["fits"]
    known = [log for log in logs if log]
    yield {
        "Sample": family,
        "responses": fits["models"],
        **fits["statuses"],
        "singular": fits["singular"],
        "cpu_seconds": round(sum(sum(log["times"]["cpu"].values()) for log in known), 1),
        "shards": len(logs),
    }


def write_multiqc(path, identifier, title, description, rows):
    """A table of custom content, with the settings that MultiQC reads from its comments."""
    names = list(rows[0])
    with open(path, "w") as file:
        for line in (
            f"id: '{identifier}'",
            f"section_name: '{title}'",
            f"description: '{description}'",
            "format: 'tsv'",
            "plot_type: 'table'",
            "pconfig:",
            f"    id: '{identifier}_table'",
            f"    title: '{title}'",
            "    namespace: 'webgpu-lmm'",
        ):
            file.write(f"# {line}\n")
        writer = csv.DictWriter(file, names, delimiter="\t", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def write_versions(path, steps, snakemake_version):
    """Versions in the form of nf-core: by process, tool and version."""
    with open(path, "w") as file:
        for step, log in steps:
            if log is None:
                continue
            file.write(f'"webgpu_lmm:{step}":\n')
            file.write(f"    webgpu-lmm: {log['software']['version']}\n")
            file.write(f"    node: {log['versions']['node']}\n")
        file.write(f'"webgpu_lmm:workflow":\n    snakemake: {snakemake_version}\n')


STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
table { border-collapse: collapse; margin: .5rem 0 1.5rem; }
th, td { text-align: left; padding: .2rem .8rem .2rem 0; border-bottom: 1px solid #ddd; vertical-align: bottom; }
svg { fill: #4878a8; } svg line { stroke: #b03030; stroke-dasharray: 3 2; }
code { background: #f4f4f4; padding: 0 .2rem; }
"""


def page(family, gather, samples, shards, tests, settings):
    """The page; `settings` are level and number of responses in a list."""
    engine, software = gather["engine"], gather["software"]
    parts = [
        f"<h1>webgpu-lmm: {html.escape(family)}</h1>\n",
        table(
            ["", ""],
            [
                ["model", gather["formula"]],
                ["normalisation", gather["normalisation"]],
                ["filters", json.dumps(gather["filters"]) if gather["filters"] else "none"],
                ["options", json.dumps({k: v for k, v in gather["options"].items() if k != "out"})],
                ["seed", gather["seed"]],
                ["fitted by", f"{software['name']} {software['version']}, Node {gather['versions']['node']}"],
                ["engine", f"{engine['backend']}, {engine['arithmetic']}" + (f", {engine['device']}" if engine["device"] else "")],
                ["rows", ", ".join(f"{one['rows']}" + (f" ({one['split']})" if one["split"] else "") for one in gather["rows"])],
                ["finished", gather["times"]["ended"]],
            ],
        ),
        "<h2>Fits</h2>\n",
        table(
            ["status", "models"],
            [
                *[(name, count) for name, count in gather["fits"][0]["statuses"].items() if count > 0],
                ("of them singular", gather["fits"][0]["singular"]),
            ],
        ),
        f"<h2>Tests</h2>\n<p>Adjusted p-values below {settings['level']:g}; the dashed line is where p-values would lie "
        "without any effect.</p>\n",
        table(
            ["term", "tested", "significant", "p-values from 0 to 1"],
            [[name, term.tested, term.significant, histogram(term.bins)] for name, term in tests.terms.items()],
        ),
    ]
    for name, term in tests.terms.items():
        parts.append(f"<h3>{html.escape(name)}</h3>\n")
        parts.append(
            table(
                ["response", "estimate", "standard error", "p", "adjusted p"],
                [
                    [
                        row.get("gene") or row["response"],
                        digits(number(row["estimate"])),
                        digits(number(row["std.error"])),
                        digits(p),
                        digits(adjusted),
                    ]
                    for p, adjusted, row in term.best()
                ],
            )
        )
    notes = gather["notes"]
    if notes:
        parts.append("<h2>Notes</h2>\n<ul>" + "".join(f"<li>{html.escape(text)}</li>" for text in notes) + "</ul>\n")
    parts.append("<h2>Samples</h2>\n" + table(list(samples[0]), [list(row.values()) for row in samples]))
    parts.append("<h2>Shards</h2>\n" + table(["shard", "models", "seconds", "memory_mb"], shards))
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>webgpu-lmm: {html.escape(family)}</title>'
        f"<style>{STYLE}</style></head><body>\n{''.join(parts)}</body></html>\n"
    )


def shard_rows(logs):
    for k, log in enumerate(logs):
        if log is None:
            yield [k + 1, None, None, None]
            continue
        times = log["times"]
        models = sum(one["models"] for one in log["fits"])
        yield [k + 1, models, round(times["seconds"], 1), round(times["maximumResidentBytes"] / 2**20)]


def main(job, snakemake_version):
    params = job.params
    family = job.wildcards.family
    gather = read_log(params.gather)
    if gather is None:
        raise SystemExit(f"{params.gather} is gone: run the rule gather again (snakemake --forcerun gather)")
    moments = [read_log(path) for path in params.moments]
    fits = [read_log(path) for path in params.fits]
    samples = list(sample_rows(params.samples, moments))
    tidy = job.input.tables[list(params.tables).index("tidy")]
    tests = Tests(tidy, params.level, params.top)
    settings = {"level": params.level, "top": params.top}
    with open(job.output.page, "w") as file:
        file.write(page(family, gather, samples, list(shard_rows(fits)), tests, settings))
    write_multiqc(
        job.output.samples,
        f"webgpu_lmm_{family}_samples",
        f"webgpu-lmm samples ({family})",
        "Cells of each sample that the models use, and what their moments took.",
        samples,
    )
    write_multiqc(
        job.output.fits,
        f"webgpu_lmm_{family}_fits",
        f"webgpu-lmm fits ({family})",
        "What became of the models of all responses.",
        list(fit_rows(family, gather, fits)),
    )
    steps = [
        ("design", read_log(params.design)),
        ("moments", next((log for log in moments if log), None)),
        ("merge", read_log(params.merge)),
        ("fit", next((log for log in fits if log), None)),
        ("gather", gather),
    ]
    write_versions(job.output.versions, steps, snakemake_version)


if "snakemake" in globals():
    from snakemake import __version__

    main(snakemake, __version__)  # noqa: F821 (Snakemake's own)
