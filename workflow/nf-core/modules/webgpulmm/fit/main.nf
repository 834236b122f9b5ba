process WEBGPULMM_FIT {
    tag "$meta.id"
    label 'process_medium'

    // No Bioconda package yet: an image built from the Dockerfile of the repository, or Node with the program of npm.
    conda "${moduleDir}/environment.yml"
    container "${params.webgpulmm_container ?: 'webgpu-lmm:latest'}"

    input:
    // One run of all files; obs is a table of annotation, or [].
    tuple val(meta), path(data, stageAs: 'data/*'), val(formula)
    path obs

    output:
    tuple val(meta), path("*.tidy.tsv")  , emit: tidy
    tuple val(meta), path("*.glance.tsv"), emit: glance
    tuple val(meta), path("*.fit")       , emit: fit, optional: true
    tuple val(meta), path("*.log.json")  , emit: log
    path "versions.yml"                  , emit: versions

    when:
    task.ext.when == null || task.ext.when

    script:
    def args   = task.ext.args ?: ''
    def prefix = task.ext.prefix ?: "${meta.id}"
    def table  = obs ? "--obs ${obs}" : ''
    """
    # 3 says that models have no fit: statuses are in the tables.
    webgpu-lmm fit \\
        ${data} \\
        --formula '${formula}' \\
        ${table} \\
        ${args} \\
        --threads ${task.cpus} \\
        --quiet \\
        --out tidy=${prefix}.tidy.tsv \\
        --out glance=${prefix}.glance.tsv \\
        --log-json ${prefix}.log.json \\
        || [ \$? -eq 3 ]

    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        webgpu-lmm: \$(webgpu-lmm --version)
        node: \$(node --version | sed 's/^v//')
    END_VERSIONS
    """

    stub:
    def prefix = task.ext.prefix ?: "${meta.id}"
    """
    touch ${prefix}.tidy.tsv ${prefix}.glance.tsv ${prefix}.log.json

    cat <<-END_VERSIONS > versions.yml
    "${task.process}":
        webgpu-lmm: \$(webgpu-lmm --version)
        node: \$(node --version | sed 's/^v//')
    END_VERSIONS
    """
}
