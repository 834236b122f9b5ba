# One run of the command: its progress, its notes, its errors, and its end.

#' Runs the command and returns its notes on data and models.
#'
#' @param arguments The words behind `webgpu-lmm`.
#' @param names What to call files of ours in notes and errors, named by their paths.
#' @noRd
run_command <- function(arguments, names = character(), command = NULL) {
  failure <- NULL
  notes <- closing <- character()
  status <- listen(c(webgpu_command(command), arguments), function(line) {
    if (startsWith(line, "{\"error\":")) {
      failure <<- read_failure(sub("^.\"error\":", "", line))
      return()
    }
    line <- in_r(renamed(line, names))
    report <- regmatches(line, regexec("^(reading|fitting): (\\d+) of (\\d+) ", line))[[1L]]
    if (length(report) > 0L) {
      count <- as.numeric(report[3:4])
      return(say(line, "webgpu_lmm_progress", phase = report[2L], done = count[1L], total = count[2L]))
    }
    # What the command says of the run itself, with times, is no remark on the data.
    if (grepl("^(fitted|predicted|wrote the moments of|compared in) ?[0-9.]+ ", line)) {
      closing <<- c(closing, line)
    } else {
      notes <<- c(notes, line)
      warns <- startsWith(line, "WARNING: ")
      if (warns) warning(substring(line, 10L), call. = FALSE) else say(line)
    }
  })
  # 3: the tables are there, and some models did not converge.
  if (!status %in% c(0L, 3L)) stop(failed(failure, status, notes, names))
  for (line in closing) if (status == 3L) warning(line, call. = FALSE) else say(line)
  notes
}

#' Starts a program, hands every line of its stderr to `hear`, and returns its exit status; ends it where R is interrupted.
#' @noRd
listen <- function(words, hear) {
  restore <- set_environment(WEBGPU_LMM_ERRORS = "json", NO_COLOR = "1")
  file <- tempfile("webgpu-lmm-")
  on.exit({
    restore()
    unlink(file)
  })
  if (on_windows()) {
    status <- suppressWarnings(system2(words[1L], shQuote(words[-1L], "cmd"), stdout = FALSE, stderr = file))
    for (line in readLines(file, encoding = "UTF-8", warn = FALSE)) hear(line)
    return(status)
  }
  # A script in a file: as a word of a command line it could be too long.
  write_lines(c("echo $$", paste("exec", paste(shQuote(words), collapse = " "), "2>&1 >/dev/null </dev/null")), file)
  stream <- pipe(paste("sh", shQuote(file)), "r")
  child <- as.integer(readLines(stream, 1L))
  ended <- FALSE
  on.exit(if (!ended) {
    tools::pskill(child)
    close(stream)
  }, add = TRUE)
  while (length(line <- readLines(stream, 1L, warn = FALSE, encoding = "UTF-8")) > 0L) hear(line)
  status <- close(stream)
  ended <- TRUE
  # wait() has the exit status in its upper byte, and a signal in its lower.
  if (is.null(status)) 0L else if (status %% 256L == 0L) status %/% 256L else status
}

set_environment <- function(...) {
  values <- c(...)
  before <- Sys.getenv(names(values), NA, names = TRUE)
  do.call(Sys.setenv, as.list(values))
  function() {
    Sys.unsetenv(names(before)[is.na(before)])
    if (any(!is.na(before))) do.call(Sys.setenv, as.list(before[!is.na(before)]))
  }
}

#' The error of a run that did not end well.
#' @noRd
failed <- function(failure, status, notes, names) {
  if (is.null(failure)) {
    said <- if (length(notes) > 0L) paste0(": ", paste(utils::tail(notes, 3L), collapse = "; "))
    return(fit_error("CommandError", paste0("webgpu-lmm ended with status ", status, said), status = status))
  }
  text <- lapply(failure[names(failure) %in% c("message", "remedy")], function(text) in_r(renamed(text, names)))
  place <- if (is.null(failure$path)) "" else renamed(failure$path, names)
  if (!grepl(place, text$message, fixed = TRUE)) text$message <- paste0(place, ": ", text$message)
  known <- c("FormulaError", "DataError", "OptionError", "DeviceError", "AbortError")
  tag <- if (failure$tag %in% known) failure$tag else "CommandError"
  fit_error(tag, text$message, text$remedy, failure[!names(failure) %in% c("tag", "message", "remedy")], status)
}

renamed <- function(text, names) {
  for (path in names(names)) text <- gsub(path, names[[path]], text, fixed = TRUE)
  text
}
