# Matrices and objects of Bioconductor: a gene a row, a sample or cell a column.
source(file.path("helpers", "judge.R"))

folder <- tempfile("cells")
sizes <- c("--genes=30", "--cells=600", "--donors=6", "--density=0.3")
command("simulate", "--kind=cells", sizes, "--seed=2", paste0("--out=", folder))
formula <- ~ stim + (1 | donor) + (1 | sample)
normal <- "log1p-cp10k"
flags <- c(
  "fit", folder, paste0("--obs=", file.path(folder, "obs.tsv")), "--formula=~ stim + (1 | donor) + (1 | sample)",
  paste0("--normalize=", normal)
)
col_data <- read.delim(file.path(folder, "obs.tsv"), row.names = 1)
read_gz <- function(name) read.delim(gzfile(file.path(folder, name)), header = FALSE)

if (!requireNamespace("Matrix", quietly = TRUE)) {
  skip("sparse matrices", "no package Matrix")
} else {
  features <- read_gz("features.tsv.gz")
  counts <- as(Matrix::readMM(gzfile(file.path(folder, "matrix.mtx.gz"))), "CsparseMatrix")
  dimnames(counts) <- list(features[[1]], read_gz("barcodes.tsv.gz")[[1]])
  # Rows in another order: names tell which is which.
  shuffled <- col_data[rev(seq_len(nrow(col_data))), ]

  test("a sparse matrix with a data frame of its columns", {
    found <- quietly(webgpu_lmm(formula, counts, shuffled, normalize = normal))
    expected <- judged(flags)
    expect_same(found, expected[names(expected) != "gene"])
    triplets <- as(counts, "TsparseMatrix")
    again <- quietly(webgpu_lmm(formula, triplets, shuffled, normalize = normal, min_cells = 100))
    stopifnot(length(unique(again$response)) < length(unique(found$response)))
    stopifnot(again$estimate == found$estimate[found$response %in% again$response])
  })

  test("values that are no counts arrive with all digits", {
    logged <- log1p(counts * 0.37)
    sparse <- quietly(webgpu_lmm(formula, logged, shuffled))
    dense <- quietly(webgpu_lmm(formula, as.matrix(logged), shuffled))
    fixed <- sparse$effect == "fixed"
    stopifnot(all.equal(sparse[fixed, "estimate"], dense[fixed, "estimate"], tolerance = 1e-10))
    counts@x[5] <- NA
    says(error_of(webgpu_lmm(formula, counts, shuffled)), "missing or infinite")
  })

  if (!requireNamespace("SingleCellExperiment", quietly = TRUE)) {
    skip("a SingleCellExperiment", "no package SingleCellExperiment")
  } else {
    test("a SingleCellExperiment", {
      sce <- SingleCellExperiment::SingleCellExperiment(
        list(logcounts = log1p(counts), counts = counts), colData = col_data[colnames(counts), ],
        rowData = data.frame(Symbol = features[[2]])
      )
      found <- quietly(webgpu_lmm(formula, sce, assay = "counts", normalize = normal))
      expect_same(found, judged(flags))
      says(error_of(webgpu_lmm(formula, sce, assay = "count")), "no assay 'count'")
      SummarizedExperiment::assay(sce, "dense") <- as.matrix(counts)
      expect_same(quietly(webgpu_lmm(formula, sce, assay = "dense", normalize = normal)), judged(flags))
    })

    test("a SummarizedExperiment of samples, with voom", {
      bulk <- as.matrix(counts) %*% model.matrix(~ 0 + factor(col_data[colnames(counts), "sample"]))
      samples <- unique(col_data[c("sample", "donor", "stim")])
      samples <- samples[order(samples$sample), ]
      rownames(samples) <- colnames(bulk) <- samples$sample
      se <- SummarizedExperiment::SummarizedExperiment(list(bulk), colData = samples)
      found <- quietly(webgpu_lmm(~ stim + (1 | donor), se, weights = "voom"))
      again <- quietly(webgpu_lmm(~ stim + (1 | donor), bulk, samples, weights = "voom"))
      stopifnot(identical(found$estimate, again$estimate), any(found$effect == "fixed"))
    })
  }
}

samples <- data.frame(arm = gl(2, 1, 24, c("control", "treated")), donor = gl(12, 2))
# Variances that differ, so that the prior of moderation is finite.
spread <- exp(sin(1:40))
genes <- matrix(5 + spread * sin(seq_len(40 * 24)^2), 40, dimnames = list(paste0("gene", 1:40), NULL))
weights <- matrix(1 + 0.5 * cos(seq_len(40 * 24)), 40)

test("a matrix whose columns are described in their order", {
  found <- quietly(webgpu_lmm(~ arm + (1 | donor), genes, samples))
  stopifnot(unique(found$response) == rownames(genes))
  effect <- rowMeans(genes[, samples$arm == "treated"]) - rowMeans(genes[, samples$arm == "control"])
  stopifnot(all.equal(found$estimate[found$term == "armtreated"], unname(effect)))
  frame <- as.data.frame(genes)
  stopifnot(identical(quietly(webgpu_lmm(~ arm + (1 | donor), frame, samples))$estimate, found$estimate))
  says(error_of(webgpu_lmm(~arm, genes, samples[-1, ])), "24 columns of the data, but 23 rows")
  says(error_of(webgpu_lmm(~arm, genes)), "tells nothing of its columns")
  says(error_of(webgpu_lmm(~arm, genes[0, ], samples)), "no rows")
  says(error_of(webgpu_lmm(~arm, data.frame(name = rownames(genes), genes[, -1]), samples)), "holds texts")
  says(error_of(webgpu_lmm(~arm, genes, list(samples))), "'col_data' is a list")
})

test("columns that nothing describes", {
  named <- genes
  colnames(named) <- paste0("S", 1:24)
  rownames(samples) <- paste0("S", 2:25)
  says(error_of(webgpu_lmm(~arm, named, samples)), "nothing describes column 'S1'")
})

test("an EList of limma, with weights", {
  elist <- structure(list(E = genes, weights = weights, targets = samples), class = "EList")
  found <- quietly(webgpu_lmm(~ arm + (1 | donor), elist))
  file <- tempfile(fileext = ".csv")
  one <- data.frame(samples, y = genes[7, ], w = weights[7, ])
  expected <- quietly(webgpu_lmm(y ~ arm + (1 | donor), one, weights = "w"))
  fields <- c("estimate", "std.error", "df", "p.value")
  stopifnot(all.equal(unclass(found[found$response == "gene7", ])[fields], unclass(expected)[fields], tolerance = 1e-10))
  by_matrix <- quietly(webgpu_lmm(~ arm + (1 | donor), genes, samples, weights = weights))
  stopifnot(identical(by_matrix$estimate, found$estimate))
  says(error_of(webgpu_lmm(~arm, genes, samples, weights = weights[-1, ])), "weights have other rows")
})

test("as_toptable", {
  tables <- c("tidy", "toptable:armtreated", "toptable:(Intercept)")
  fit <- quietly(webgpu_lmm(~ arm + (1 | donor), genes, samples, table = tables, moderate = TRUE))
  top <- as_toptable(fit, "armtreated")
  stopifnot(names(top) == c("logFC", "AveExpr", "t", "P.Value", "adj.P.Val", "B"), !is.unsorted(top$P.Value))
  stopifnot(setequal(rownames(top), rownames(genes)), all.equal(top["gene3", "AveExpr"], mean(genes[3, ])))
  shared <- c("logFC", "t", "P.Value", "adj.P.Val")
  stopifnot(all.equal(as_toptable(fit$tidy, "armtreated"), top[shared]), all.equal(as_toptable(fit$tidy), top[shared]))
  stopifnot(nrow(as_toptable(fit[[2]], number = 5)) == 5)
  stopifnot(nrow(as_toptable(fit$tidy[fit$tidy$p.value < 0.1, ], "armtreated")) < nrow(genes))
  both <- quietly(webgpu_lmm(~ arm + (1 | donor), genes, samples, contrasts = c(twice = "2 * armtreated")))
  stopifnot(all.equal(as_toptable(both, "twice")$logFC, 2 * as_toptable(both, "armtreated")$logFC))
  says(error_of(as_toptable(fit$tidy, "armtreted")), "Did you mean 'armtreated'")
  says(error_of(as_toptable(quietly(webgpu_lmm(~ arm + (1 | donor), genes, samples, table = "glance")))), "toptable:NAME")
  plain <- quietly(webgpu_lmm(~ arm + (1 | donor), genes, samples, table = c("tidy", "toptable:armtreated")))
  stopifnot(all.equal(as_toptable(plain$tidy), as_toptable(plain[[2]])[shared]))
})

test("gene sets of a file have a table of their own", {
  file <- tempfile(fileext = ".gmt")
  sets <- list(A = rownames(genes)[1:15], B = rownames(genes)[16:40], SMALL = "gene1")
  writeLines(vapply(names(sets), function(name) paste(c(name, "", sets[[name]]), collapse = "\t"), ""), file)
  found <- quietly(webgpu_lmm(~ arm + (1 | donor), genes, samples, gene_sets = file))
  stopifnot(setequal(found$set, c("A", "B")), sum(found$genes) == 40, found$term == "armtreated")
})

if (!requireNamespace("limma", quietly = TRUE)) {
  skip("topTable of limma", "no package limma")
} else {
  test("moderated tests without random effects are those of limma", {
    elist_class <- methods::getClass("EList", where = asNamespace("limma"))
    elist <- methods::new(elist_class, list(E = genes, weights = weights, targets = samples))
    moderated <- limma::eBayes(limma::lmFit(elist, model.matrix(~arm, samples)))
    expected <- limma::topTable(moderated, "armtreated", number = Inf, sort.by = "P")
    found <- as_toptable(quietly(webgpu_lmm(~arm, elist, table = "toptable:armtreated", moderate = TRUE)))
    stopifnot(all.equal(found, expected[names(found)], tolerance = 1e-8))
  })
}
