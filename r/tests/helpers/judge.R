# The command as the judge of what the package gives, on data that it simulates. Without a command the tests end here.
library(webgpulmm)

if (inherits(tryCatch(webgpu_command(), CommandError = identity), "CommandError")) {
  cat("skipped: no command webgpu-lmm\n")
  quit(save = "no")
}

# So that messages are the same everywhere.
Sys.setenv(LANGUAGE = "en")

#' Runs one test with variables of its own; an error in it ends the script, and the check.
test <- function(name, code) {
  eval(substitute(code), new.env(parent = parent.frame()))
  cat("passed:", name, "\n")
}

skip <- function(name, reason) cat("skipped:", name, "(", reason, ")\n")

command <- function(...) {
  words <- webgpu_command()
  status <- system2(words[1L], shQuote(c(words[-1L], ...)), stdout = FALSE, stderr = FALSE)
  stopifnot(status == 0L)
}

#' A table of the command on its own, as texts.
judged <- function(..., table = "tidy") {
  out <- tempfile(fileext = ".tsv")
  command(..., paste0("--out=", table, "=", out), "--quiet", "--no-notes")
  read.delim(out, colClasses = "character", check.names = FALSE, na.strings = "NA", quote = "")
}

#' Every number of a table is that of the command. R reads decimals to the last bit but one.
expect_same <- function(table, judged, tolerance = 1e-12) {
  stopifnot(identical(names(table), names(judged)), nrow(table) == nrow(judged), nrow(table) > 0L)
  for (name in names(table)) {
    if (is.numeric(table[[name]])) {
      expected <- as.numeric(judged[[name]])
      stopifnot(identical(is.na(table[[name]]), is.na(expected)))
      off <- abs(table[[name]] - expected) > tolerance * pmax(abs(expected), 1e-300)
      if (any(off, na.rm = TRUE)) stop(name, " differs: ", table[[name]][which(off)[1L]], " for ", expected[which(off)[1L]])
    } else {
      stopifnot(identical(as.character(table[[name]]), judged[[name]]))
    }
  }
}

#' The result without what is said on the way.
quietly <- function(code) suppressMessages(suppressWarnings(code))

#' The error of a run that must fail.
error_of <- function(code) {
  found <- tryCatch(quietly({
    code
    NULL
  }), FitError = identity)
  if (is.null(found)) stop("no FitError")
  found
}

says <- function(error, pattern) {
  if (!grepl(pattern, conditionMessage(error))) stop("not '", pattern, "' in: ", conditionMessage(error))
}

#' 20 subjects in two arms with five visits, and the file that they come from.
visits_file <- tempfile(fileext = ".csv")
command("simulate", "--kind=visits", "--subjects=20", "--visits=5", "--seed=4", paste0("--out=", visits_file))
visits <- read.csv(visits_file)
model <- y ~ time * arm + age + (time | subject)
model_flag <- "--formula=y ~ time * arm + age + (time | subject)"
