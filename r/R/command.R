# Finding the command `webgpu-lmm`, which does the work.

install_hint <- paste0(
  "Install Node 20.16 or later and, in a clone of webgpu-lmm, run: npm ci && npm install -g . ",
  "An installation elsewhere is named by the environment variable WEBGPU_LMM, such as ",
  "Sys.setenv(WEBGPU_LMM = \"node webgpu-lmm/dist/cli.js\")."
)

#' The command that does the work
#'
#' `webgpu_command()` finds it, in this order: the argument, the environment variable `WEBGPU_LMM`, the `PATH`, and `node_modules`
#' of the working directory and the folders above it. `webgpu_version()` asks it for its version.
#'
#' @param command A path, a command line (`"node dist/cli.js"`) or its words.
#' @return The words that start the command; the version, a string.
#' @section Errors: `CommandError` where there is none; its remedy says how to install it.
#' @examples
#' tryCatch(webgpu_version(), CommandError = function(e) e$remedy)
#' @export
webgpu_command <- function(command = NULL) {
  if (is.null(command)) command <- Sys.getenv("WEBGPU_LMM")
  if (!identical(command, "")) return(started(command))
  found <- Sys.which("webgpu-lmm")
  here <- normalizePath(".")
  while (found == "") {
    local <- file.path(here, "node_modules", ".bin", if (on_windows()) "webgpu-lmm.cmd" else "webgpu-lmm")
    if (file.exists(local)) found <- local
    if (dirname(here) == here) break
    here <- dirname(here)
  }
  if (found == "") refuse("CommandError", "the command webgpu-lmm is not installed", install_hint)
  unname(found)
}

#' @rdname webgpu_command
#' @export
webgpu_version <- function(command = NULL) {
  words <- webgpu_command(command)
  key <- paste(words, collapse = "\n")
  if (is.null(versions[[key]])) {
    asked <- suppressWarnings(system2(words[1L], shQuote(c(words[-1L], "--version")), stdout = TRUE, stderr = TRUE))
    if (!is.null(attr(asked, "status"))) {
      problem <- sprintf("'%s' does not run: %s", paste(words, collapse = " "), paste(asked, collapse = "\n"))
      refuse("CommandError", problem, install_hint)
    }
    versions[[key]] <- asked[length(asked)]
  }
  versions[[key]]
}

versions <- new.env(parent = emptyenv())

on_windows <- function() .Platform$OS.type == "windows"

#' The words with their program found; a script is run by Node.
#' @noRd
started <- function(command) {
  # A path may hold spaces.
  whole <- length(command) != 1L || file.exists(command)
  words <- if (whole) command else scan(text = command, what = "", quiet = TRUE)
  if (grepl("\\.m?js$", words[1L])) words <- c("node", words)
  program <- Sys.which(words[1L])
  if (program == "") refuse("CommandError", sprintf("there is no program '%s'", words[1L]), install_hint)
  unname(c(program, words[-1L]))
}
