# From samples to the moments of the cohort.


rule lists:
    """Files by name, so that no command line grows with the cohort, and what the table of samples says of each."""
    input:
        config["samples"],
    output:
        samples=f"{RESULTS}/{{family}}/samples.txt",
        moments=f"{RESULTS}/{{family}}/moments.txt",
        annotation=f"{RESULTS}/{{family}}/annotation.tsv",
    wildcard_constraints:
        family=FAMILY,
    group:
        "design"
    resources:
        mem_mb=memory_of("design"),
        runtime=runtime_of("design"),
    run:
        paths = [row["path"] for row in SAMPLES.values()]
        with open(output.samples, "w") as file:
            file.writelines(f"{path}\n" for path in paths)
        with open(output.moments, "w") as file:
            file.writelines(f"{RESULTS}/{wildcards.family}/moments/{sample}.moments\n" for sample in SAMPLES)
        columns = list(dict.fromkeys(name for row in SAMPLES.values() for name in row if name != "path"))
        with open(output.annotation, "w", newline="") as file:
            table = csv.writer(file, delimiter="\t", lineterminator="\n")
            table.writerow(["file", *columns])
            for name, row in zip(file_names(paths), SAMPLES.values()):
                table.writerow([name, *(row.get(column, "") for column in columns)])


rule design:
    """Levels, codes and genes of all samples: the values of matrices are not read."""
    input:
        samples=[row["path"] for row in SAMPLES.values()],
        paths=rules.lists.output.samples,
        obs=lambda wildcards: obs_of(wildcards.family),
    output:
        f"{RESULTS}/{{family}}/design.json",
    log:
        json=log_path("{family}", "design"),
        text=f"{RESULTS}/{{family}}/logs/design.txt",
    wildcard_constraints:
        family=FAMILY,
    params:
        command=config["command"],
        options=lambda wildcards: words(design_settings(wildcards.family)),
    conda:
        "../envs/webgpu-lmm.yaml"
    group:
        "design"
    resources:
        mem_mb=memory_of("design"),
        runtime=runtime_of("design"),
    shell:
        # The moments of each sample have its checksum.
        "{params.command} design @{input.paths} {params.options} --out {output} "
        "--log-json {log.json} --log-checksums none 2> {log.text}"


rule moments:
    """Sums over the cells of one sample."""
    input:
        sample=lambda wildcards: SAMPLES[wildcards.sample]["path"],
        design=rules.design.output,
        obs=lambda wildcards: obs_of(wildcards.family),
    output:
        f"{RESULTS}/{{family}}/moments/{{sample}}.moments",
    log:
        json=log_path("{family}", "moments/{sample}"),
        text=f"{RESULTS}/{{family}}/logs/moments/{{sample}}.txt",
    wildcard_constraints:
        family=FAMILY,
        sample=SAMPLE,
    params:
        command=config["command"],
        options=lambda wildcards, input: words({"obs": input.obs[0] if input.obs else None, "log_checksums": config["checksums"]}),
    conda:
        "../envs/webgpu-lmm.yaml"
    group:
        "moments"
    threads: config["resources"]["moments"]["threads"]
    resources:
        mem_mb=memory_of("moments"),
        runtime=runtime_of("moments"),
    shell:
        "{params.command} moments {input.sample:q} --design {input.design} {params.options} --threads {threads} --quiet "
        "--out {output} --log-json {log.json} 2> {log.text}"


rule merge:
    """The moments of the cohort: joined by rotations, two samples in memory at a time."""
    input:
        moments=expand(f"{RESULTS}/{{{{family}}}}/moments/{{sample}}.moments", sample=SAMPLES),
        paths=rules.lists.output.moments,
    output:
        f"{RESULTS}/{{family}}/all.moments",
    log:
        json=log_path("{family}", "merge"),
        text=f"{RESULTS}/{{family}}/logs/merge.txt",
    wildcard_constraints:
        family=FAMILY,
    params:
        command=config["command"],
        options=words({"log_checksums": config["checksums"]}),
    conda:
        "../envs/webgpu-lmm.yaml"
    resources:
        mem_mb=memory_of("merge"),
        runtime=runtime_of("merge"),
    shell:
        "{params.command} merge @{input.paths} {params.options} --quiet --out {output} --log-json {log.json} 2> {log.text}"
