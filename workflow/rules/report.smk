# A page on each family, tables for MultiQC, and the versions of what ran.

REPORT_FILES = [
    "{family}.html",
    "webgpu_lmm_{family}_samples_mqc.tsv",
    "webgpu_lmm_{family}_fits_mqc.tsv",
    "versions.yml",
]


rule report:
    """Reads the logs and tables of a family."""
    input:
        tables=[table_path("{family}", table) for table in config["tables"]],
    output:
        page=report_path("{family}", REPORT_FILES[0]),
        samples=report_path("{family}", REPORT_FILES[1]),
        fits=report_path("{family}", REPORT_FILES[2]),
        versions=report_path("{family}", REPORT_FILES[3]),
    wildcard_constraints:
        family=FAMILY,
    params:
        # Logs are kept of jobs that fail, too, and so are no outputs.
        design=log_path("{family}", "design"),
        moments=expand(log_path("{{family}}", "moments/{sample}"), sample=SAMPLES),
        samples=list(SAMPLES),
        merge=log_path("{family}", "merge"),
        fits=expand(log_path("{{family}}", "fit/{shard}"), shard=range(1, SHARDS + 1)),
        gather=log_path("{family}", "gather"),
        tables=config["tables"],
        level=config["report"]["level"],
        top=config["report"]["top"],
    group:
        "results"
    resources:
        mem_mb=memory_of("report"),
        runtime=runtime_of("report"),
    script:
        "../scripts/report.py"
