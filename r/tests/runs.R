# Options, errors, notes, finding the command, and its end.
source(file.path("helpers", "judge.R"))

words <- function(verb = "fit", ...) webgpulmm:::flag_words(verb, webgpulmm:::resolve_options(verb, list(...)))

test("values of every kind", {
  stopifnot(identical(words(min_cells = 3L, conf_int = 0.95, ddf = NULL), c("--min-cells=3", "--conf-int=0.95")))
  stopifnot(words(min_cells = 1e5, alpha = NULL) == "--min-cells=100000", words("compare", alpha = 1e-3) == "--alpha=0.001")
  stopifnot(words(method = "ML") == "--ml", words(ml = TRUE) == "--ml", words(REML = FALSE) == "--ml")
  stopifnot(is.null(words(method = "REML", quiet = FALSE, moderate = FALSE)), is.null(words(REML = TRUE)))
  stopifnot(words(moderate = TRUE, anova = TRUE) == c("--moderate", "--anova"))
  stopifnot(words(contrasts = c(a = "x - z", b = "x")) == c("--contrast=a=x - z", "--contrast=b=x"))
  stopifnot(words(factor = "arm") == "--factor=arm", words(factor = list(arm = c("b, c", "a"))) == '--factor=arm="b, c",a')
  stopifnot(words(at = list(time = c(1, 5)), emmeans = ~ arm | visit) == c("--at=time=1,5", "--emmeans=arm | visit"))
  stopifnot(words(dispersion = ~ 0 + sex) == "--dispersion=~0 + sex")
  stopifnot(words(family = binomial("probit")) == c("--family=binomial", "--link=probit"), is.null(words(family = NULL)))
  stopifnot(words(family = "nbinom2") == "--family=nbinom2", words(family = poisson) == c("--family=poisson", "--link=log"))
})

test("names of the library and of flags", {
  stopifnot(words(normalize = "log1p-cpm") == words(normalize = "log1p-cpm"))
  # contrasts are tests here, as in the library; the codings of factors have a name of their own.
  stopifnot(words(contrasts = "a=x", coding = list(arm = "sum")) == c("--contrast=a=x", "--coding=arm=sum"))
  stopifnot(words("predict", random_effects = "none") == "--re-form=none")
  says(error_of(words(normalize = "none", normalize = "none")), "given twice")
  listed <- webgpu_options("fit")
  stopifnot(c("normalize", "min_cells", "moderate") %in% listed$option, !c("formula", "obs", "out") %in% listed$option)
  stopifnot(grepl("log1p-cp10k", listed$values[listed$option == "normalize"]))
})

test("misuse of options", {
  says(error_of(words(ddf = TRUE)), "'ddf' needs a value")
  says(error_of(words(method = "RML")), "\"REML\" or \"ML\" is needed")
  says(error_of(words("moments", ddf = "satterthwaite")), "moments has no option 'ddf'")
  says(error_of(words(obs = "x")), "no option 'obs'")
  says(error_of(words(min_cell = 3)), "Did you mean 'min_cells'")
  says(error_of(words("fit", 3)), "given by name")
})

test("what the command says in words of R", {
  in_r <- webgpulmm:::in_r
  stopifnot(in_r("add --min-cells 3 or --ddf satterthwaite.") == "add min_cells = 3 or ddf = \"satterthwaite\".")
  stopifnot(in_r("--ml does not go with --no-notes here") == "method = \"ML\" does not go with no_notes here")
  stopifnot(in_r("give --where 'n > 5' to webgpu-lmm") == "give where = \"n > 5\" to webgpu-lmm")
  stopifnot(in_r("--unheard-of 3 -- stays") == "--unheard-of 3 -- stays")
})

test("errors keep tag, remedy and place", {
  error <- error_of(webgpu_lmm(y ~ tim + (1 | subject), visits))
  stopifnot(class(error) == c("FormulaError", "FitError", "error", "condition"), error$status == 2, error$fields$position == 5)
  says(error, "did you mean 'time'")
  stopifnot(grepl("Its columns are", error$remedy), !grepl("Its columns are", error$problem))
  error <- error_of(webgpu_lmm(model, "nowhere.csv"))
  stopifnot(inherits(error, "DataError"), error$status == 1, grepl("Check the name", error$remedy))
  says(error_of(webgpu_lmm(model, visits, ml = TRUE, ddf = "kenward-roger")), "Leave method = \"ML\" out")
})

test("files of ours are not named", {
  visits$arm <- "x"
  error <- error_of(webgpu_lmm(arm ~ time + (1 | subject), visits))
  stopifnot(!grepl(tempdir(), conditionMessage(error), fixed = TRUE))
  says(error, "the data")
})

test("JSON is read as it is written", {
  line <- "{\"tag\":\"DataError\",\"message\":\"a \\\"b\\\"\\n\\u00e9 \\\\ {\\\"tag\\\":1}\",\"line\":12}"
  read <- webgpulmm:::read_failure(line)
  stopifnot(identical(read, list(tag = "DataError", message = "a \"b\"\n\u00e9 \\ {\"tag\":1}", line = 12)))
})

test("notes are messages, warnings warnings", {
  classes <- character()
  said <- character()
  withCallingHandlers(
    webgpu_lmm(y ~ time + (1 | subject), visits),
    message = function(m) {
      classes <<- c(classes, class(m)[1])
      invokeRestart("muffleMessage")
    },
    warning = function(w) {
      said <<- c(said, conditionMessage(w))
      invokeRestart("muffleWarning")
    }
  )
  stopifnot("webgpu_lmm_note" %in% classes, any(grepl("Fit (time | subject) in place of", said, fixed = TRUE)))
  silent <- TRUE
  withCallingHandlers(webgpu_lmm(model, visits, quiet = TRUE, no_notes = TRUE), message = function(m) silent <<- FALSE)
  stopifnot(silent)
})

test("the command is found by its variable, on the PATH, in node_modules", {
  script <- webgpu_command()[-1]
  stopifnot(grepl("cli.js$", script), webgpu_version(script) == as.character(packageVersion("webgpulmm")))
  if (.Platform$OS.type == "windows") return()
  before <- Sys.getenv(c("WEBGPU_LMM", "PATH"), names = TRUE)
  here <- getwd()
  place <- normalizePath(tempfile("project"), mustWork = FALSE)
  bin <- file.path(place, "node_modules", ".bin")
  dir.create(bin, recursive = TRUE)
  dir.create(file.path(place, "deep"))
  program <- function(path) {
    writeLines(c("#!/bin/sh", "echo 9"), path)
    Sys.chmod(path, "755")
    normalizePath(path)
  }
  Sys.unsetenv("WEBGPU_LMM")
  Sys.setenv(PATH = paste(place, "/usr/bin", "/bin", sep = ":"))
  if (Sys.which("webgpu-lmm") == "") {
    setwd(tempdir())
    error <- error_of(webgpu_lmm(model, visits))
    stopifnot(inherits(error, "CommandError"), grepl("npm install -g", error$remedy), grepl("WEBGPU_LMM", error$remedy))
    setwd(file.path(place, "deep"))
    in_project <- program(file.path(bin, "webgpu-lmm"))
    stopifnot(webgpu_command() == in_project)
    on_path <- program(file.path(place, "webgpu-lmm"))
    stopifnot(normalizePath(webgpu_command()) == on_path)
  }
  setwd(here)
  do.call(Sys.setenv, as.list(before))
  says(error_of(webgpu_lmm(model, visits, command = "nothing-such --flag")), "no program 'nothing-such'")
})

if (.Platform$OS.type == "unix") {
  test("progress, and a command that breaks", {
    talkative <- c(
      "sh", "-c", "echo 'reading: 50 of 200 entries (25 %), 10/s' >&2; echo 'a remark on --min-cells 3' >&2; exit 7", "sh"
    )
    reports <- list()
    error <- tryCatch(
      withCallingHandlers(
        webgpulmm:::run_command("fit", command = talkative),
        webgpu_lmm_progress = function(m) {
          reports <<- c(reports, list(c(m$phase, m$done, m$total)))
          invokeRestart("muffleMessage")
        },
        message = function(m) invokeRestart("muffleMessage")
      ),
      CommandError = identity
    )
    stopifnot(identical(reports, list(c("reading", "50", "200"))))
    says(error, "ended with status 7: a remark on min_cells = 3")
  })

  test("an interrupt ends the command", {
    mark <- tempfile("ended")
    patient <- sprintf("trap 'touch %s; exit 1' TERM; echo one >&2; while :; do sleep 0.1; done", mark)
    caught <- tryCatch(webgpulmm:::listen(c("sh", "-c", patient), function(line) stop("enough")), error = conditionMessage)
    stopifnot(caught == "enough", file.exists(mark))
  })
}
