#' Linear and generalised mixed models by the thousand
#'
#' One mixed model for each gene, protein or response: [webgpu_lmm()]. The package hands data to the command `webgpu-lmm` and
#' reads its tables; no number is computed in R, and none is changed on the way.
#'
#' @keywords internal
"_PACKAGE"
