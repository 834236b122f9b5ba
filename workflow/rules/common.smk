# What the rules share: the samples, the options of each family, and where files lie.
import csv
import os
import re
import shlex


def read_samples(path):
    """Rows of the table of samples by name, in their order."""
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file, delimiter="," if path.endswith(".csv") else "\t"))
    samples = {}
    for row in rows:
        # Empty cells are missing.
        row = {name: value for name, value in row.items() if value not in (None, "")}
        validate(row, "../schemas/samples.schema.yaml")
        if row["sample"] in samples:
            raise WorkflowError(f"{path}: sample {row['sample']} is there twice")
        samples[row["sample"]] = row
    if not samples:
        raise WorkflowError(f"{path} has no samples")
    return samples


SAMPLES = read_samples(config["samples"])
FAMILIES = list(config["families"])
SHARDS = config["shards"]
RESULTS = config["results"].rstrip("/")

# One name, not a path.
FAMILY = "|".join(re.escape(family) for family in FAMILIES)
SAMPLE = "|".join(re.escape(sample) for sample in SAMPLES)


def file_names(paths):
    """Names that webgpu-lmm gives to files: their own without extension, or of the innermost folder in which they differ."""
    parts = [path.rstrip("/").split("/") for path in paths]
    extension = re.compile(r"(\.(h5ad|h5|hdf5|csv|tsv|txt|tab|parquet|pq|mtx))?(\.gz)?$", re.I)
    for depth in range(1, max(len(own) for own in parts) + 1):
        names = [extension.sub("", own[max(-depth, -len(own))], count=1) for own in parts]
        if len(set(names)) == len(names):
            return names
    return [extension.sub("", path, count=1) for path in paths]


def settings(family, part):
    """Options of one step of a family: what all families share, and what the family has in its place."""
    own = config["families"][family] or {}
    return {**config[part], **own.get(part, {})}


def design_settings(family):
    """Options of the design; the name of a family is the family, unless the family says another."""
    options = {"family": family, **settings(family, "design")}
    if options["family"] == "gaussian":
        del options["family"]
    if options.get("obs") == "samples":
        options["obs"] = f"{RESULTS}/{family}/annotation.tsv"
    return options


def fit_settings(family):
    """Options of the fits, the contrasts among them."""
    contrasts = {**config["contrasts"], **(config["families"][family] or {}).get("contrasts", {})}
    named = [f"{name}={expression}" for name, expression in contrasts.items()]
    return {**settings(family, "fit"), "contrast": named}


def words(options):
    """Options as words of a shell: lists repeat their flag, true is a flag alone, null and false are nothing."""
    line = []
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        for one in value if isinstance(value, list) else [value]:
            if one is not None and one is not False:
                # In one word, so that no value can be taken for a flag.
                line.append(flag if one is True else f"{flag}={one}")
    return shlex.join(line)


def obs_of(family):
    """The annotation that is no part of the data, as an input."""
    obs = design_settings(family).get("obs")
    return [] if obs is None else [obs]


def log_path(family, step):
    return f"{RESULTS}/{family}/logs/{step}.json"


def table_path(family, table):
    return f"{RESULTS}/{family}/tables/{table.replace(':', '-')}.tsv"


def report_path(family, name):
    return f"{RESULTS}/{family}/report/{name.format(family=family)}"


def memory_of(rule):
    """Memory of a job, more with every attempt."""
    return lambda wildcards, attempt: attempt * config["resources"][rule]["mem_mb"]


def runtime_of(rule):
    return lambda wildcards, attempt: attempt * config["resources"][rule]["runtime"]


# A container for all steps, where one is named.
if config["container"]:

    container: config["container"]
