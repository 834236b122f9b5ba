# From the moments of the cohort to tables.


rule fit:
    """The fits of one shard of the responses; a job that runs again takes the fits that the one before has finished."""
    input:
        rules.merge.output,
    output:
        f"{RESULTS}/{{family}}/parts/{{shard}}-of-{SHARDS}.part",
    log:
        json=log_path("{family}", "fit/{shard}"),
        text=f"{RESULTS}/{{family}}/logs/fit/{{shard}}.txt",
    wildcard_constraints:
        family=FAMILY,
        shard=r"\d+",
    params:
        command=config["command"],
        options=lambda wildcards: words({**fit_settings(wildcards.family), "log_checksums": config["checksums"]}),
        shards=SHARDS,
    conda:
        "../envs/webgpu-lmm.yaml"
    group:
        "fit"
    threads: config["resources"]["fit"]["threads"]
    resources:
        mem_mb=memory_of("fit"),
        runtime=runtime_of("fit"),
    shell:
        "{params.command} fit {input} {params.options} --threads {threads} --quiet --resume "
        "--shard {wildcards.shard}/{params.shards} --save-part {output} --log-json {log.json} 2> {log.text}"


rule gather:
    """The tables of all shards together, as one fit of all responses writes them."""
    input:
        expand(f"{RESULTS}/{{{{family}}}}/parts/{{shard}}-of-{SHARDS}.part", shard=range(1, SHARDS + 1)),
    output:
        [table_path("{family}", table) for table in config["tables"]],
        *([f"{RESULTS}/{{family}}/all.fit"] if config["save"] else []),
    log:
        json=log_path("{family}", "gather"),
        text=f"{RESULTS}/{{family}}/logs/gather.txt",
    wildcard_constraints:
        family=FAMILY,
    params:
        command=config["command"],
        options=lambda wildcards: words(
            {
                **settings(wildcards.family, "gather"),
                "out": [f"{table}={table_path(wildcards.family, table)}" for table in config["tables"]],
                "save": f"{RESULTS}/{wildcards.family}/all.fit" if config["save"] else None,
                "log_checksums": config["checksums"],
            }
        ),
        # 3 says that models have no fit. Statuses are in every table, and counted in the report.
        accepted="" if config["strict"] else "|| [ $? -eq 3 ]",
    conda:
        "../envs/webgpu-lmm.yaml"
    group:
        "results"
    resources:
        mem_mb=memory_of("gather"),
        runtime=runtime_of("gather"),
    shell:
        "{params.command} gather {input} {params.options} --quiet --log-json {log.json} 2> {log.text} {params.accepted}"
