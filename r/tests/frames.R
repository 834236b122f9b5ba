# Data frames in, data frames out: numbers of the command, factors and texts as R has them.
source(file.path("helpers", "judge.R"))

test("numbers are those of the command", {
  table <- quietly(webgpu_lmm(model, visits))
  expect_same(table, judged("fit", visits_file, model_flag))
  stopifnot(is.data.frame(table), is.numeric(table$p.value), table$term[1:2] == c("(Intercept)", "time"))
  facts <- attr(table, "webgpu_lmm")
  stopifnot(facts$formula == "y ~ time * arm + age + (time | subject)", facts$version == webgpu_version())
  stopifnot(any(grepl("units of the tests", facts$notes)))
})

test("a path is read as it is, a formula may be a text", {
  table <- quietly(webgpu_lmm("y ~ time * arm + age + (time | subject)", visits_file, ddf = "satterthwaite"))
  expect_same(table, judged("fit", visits_file, model_flag, "--ddf=satterthwaite"))
})

if (requireNamespace("lmerTest", quietly = TRUE)) {
  test("sleepstudy as lmerTest has it", {
    sleepstudy <- lme4::sleepstudy
    expected <- coef(summary(lmerTest::lmer(Reaction ~ Days + (Days | Subject), sleepstudy)))
    found <- quietly(webgpu_lmm(Reaction ~ Days + (Days | Subject), sleepstudy, ddf = "satterthwaite"))[1:2, ]
    stopifnot(found$term == rownames(expected))
    # lmer stops its search some 1e-6 before the optimum.
    near <- function(name, column) stopifnot(all.equal(found[[name]], unname(expected[, column]), tolerance = 1e-4))
    Map(near, c("estimate", "std.error", "df", "statistic", "p.value"), 1:5)
  })
} else {
  skip("sleepstudy as lmerTest has it", "no package lmerTest")
}

test("all digits arrive", {
  numbers <- c(0.1, 1 / 3, 1e-300, -2.5, 123456789.123456789, NA, Inf, -Inf)
  read <- suppressWarnings(as.numeric(webgpulmm:::number_texts(numbers)))
  stopifnot(identical(is.na(read), is.na(numbers)), abs(read / numbers - 1)[c(1:5)] < 3e-16)
  stopifnot(webgpulmm:::number_texts(c(5, NA, 1e5)) == c("5", "NA", "100000"))
  stopifnot(webgpulmm:::number_texts(0.1) == "0.10000000000000001")
})

test("several paths are one data set", {
  parts <- split(visits, visits$subject %in% unique(visits$subject)[1:8])
  paths <- vapply(parts, function(part) {
    path <- tempfile(fileext = ".csv")
    write.csv(part, path, row.names = FALSE)
    path
  }, "")
  found <- quietly(webgpu_lmm(y ~ time + (1 | subject), paths))
  stopifnot(all.equal(found$estimate, quietly(webgpu_lmm(y ~ time + (1 | subject), visits))$estimate))
})

test("several tables come in a list", {
  found <- quietly(webgpu_lmm(model, visits, table = c("glance", "ranef", "toptable:time")))
  stopifnot(names(found) == c("glance", "ranef", "toptable:time"))
  stopifnot(found$glance$status == "ok", is.logical(found$glance$singular))
  stopifnot(nrow(found$ranef) == 2 * length(unique(visits$subject)))
  stopifnot("logFC" %in% names(found[["toptable:time"]]))
})

test("options that make a table ask for it", {
  means <- quietly(webgpu_lmm(model, visits, emmeans = ~arm, at = list(time = 5)))
  stopifnot(sort(means$arm) == c("placebo", "treated"), means$time == 5)
  tests <- quietly(webgpu_lmm(model, visits, anova = TRUE))
  stopifnot(tests$term == c("time", "arm", "age", "time:arm"))
})

test("factors keep their order, ordered ones their polynomials, unused levels vanish", {
  visits$arm <- factor(visits$arm, c("treated", "placebo", "never seen"))
  terms <- quietly(webgpu_lmm(model, visits))$term
  stopifnot("armplacebo" %in% terms, !"armnever seen" %in% terms)
  visits$grade <- cut(visits$age, 3, labels = c("low, very", "middle", "high"), ordered_result = TRUE)
  terms <- quietly(webgpu_lmm(y ~ grade + (1 | subject), visits))$term
  stopifnot(terms[1:3] == c("(Intercept)", "grade.L", "grade.Q"))
})

test("texts of digits are levels, in the order of factor()", {
  site <- as.integer(factor(visits$subject)) %% 3L
  visits$site <- sprintf("%02d", site)
  visits$tens <- c("9", "10", "8")[site + 1L]
  terms <- quietly(webgpu_lmm(y ~ site + tens + (1 | subject), visits))$term
  stopifnot(terms[1:3] == c("(Intercept)", "site01", "site02"))
  terms <- quietly(webgpu_lmm(y ~ tens + (1 | subject), visits))$term
  stopifnot(terms[2:3] == paste0("tens", levels(factor(visits$tens))[-1L]))
  visits$tens <- factor(visits$tens, c("9", "8", "10"))
  terms <- quietly(webgpu_lmm(y ~ tens + (1 | subject), visits))$term
  stopifnot(terms[2:3] == c("tens8", "tens10"))
  own <- quietly(webgpu_lmm(y ~ tens + (1 | subject), visits, factor = list(tens = c("10", "9", "8"))))$term
  stopifnot(own[2:3] == c("tens9", "tens8"))
})

test("levels that a table of texts cannot tell are refused", {
  visits$site <- rep(c("1", "01"), length.out = nrow(visits))
  error <- error_of(webgpu_lmm(y ~ site + (1 | subject), visits))
  stopifnot(inherits(error, "DataError"))
  says(error, "different texts of one number")
  visits$site[visits$site == "01"] <- "NA"
  says(error_of(webgpu_lmm(y ~ site + (1 | subject), visits)), "takes for missing")
})

test("contrasts of a factor and of options() count", {
  visits$arm <- factor(visits$arm)
  by_option <- quietly(webgpu_lmm(y ~ time + arm + (1 | subject), visits, coding = list(arm = "sum")))
  stopifnot("arm1" %in% by_option$term)
  before <- options(contrasts = c("contr.sum", "contr.poly"))
  by_options <- quietly(webgpu_lmm(y ~ time + arm + (1 | subject), visits))
  error <- error_of(webgpu_lmm(y ~ time + factor(arm) + (1 | subject), visits))
  options(before)
  says(error, "does not reach factor\\(arm\\)")
  contrasts(visits$arm) <- contr.sum(2)
  by_attribute <- quietly(webgpu_lmm(y ~ time + arm + (1 | subject), visits))
  stopifnot(identical(by_options$estimate, by_option$estimate), identical(by_attribute$estimate, by_option$estimate))
  contrasts(visits$arm) <- c(1, 3)
  says(error_of(webgpu_lmm(y ~ time + arm + (1 | subject), visits)), "contrasts of 'arm' are none of")
})

test("missing values and kinds of columns", {
  visits$late <- visits$time > 2
  visits$whole <- as.integer(visits$visit)
  visits$scaled <- scale(visits$age)
  visits$day <- as.Date("2020-02-01") + visits$visit
  visits$list <- lapply(seq_len(nrow(visits)), identity)
  visits$late[3] <- NA
  visits$whole[5] <- NA
  visits$y[7:8] <- NA
  found <- quietly(webgpu_lmm(y ~ late + whole + scaled + (1 | subject), visits, table = c("tidy", "glance")))
  stopifnot(found$tidy$term[1:4] == c("(Intercept)", "lateTRUE", "whole", "scaled"))
  stopifnot(found$glance$nobs == nrow(visits) - 4)
  by_day <- quietly(webgpu_lmm(y ~ day + (1 | subject), visits))
  by_visit <- quietly(webgpu_lmm(y ~ visit + (1 | subject), visits))
  stopifnot(all.equal(by_day$estimate[2], by_visit$estimate[2]))
  says(error_of(webgpu_lmm(y ~ list + (1 | subject), visits)), "column 'list' is a list")
})

test("responses beside the frame", {
  proteins <- sapply(1:3, function(k) visits$y * k + sin(k * seq_len(nrow(visits))))
  colnames(proteins) <- paste0("protein ", 1:3, ", P", 1:3)
  covariates <- visits[setdiff(names(visits), "y")]
  table <- quietly(webgpu_lmm(~ time * arm + (1 | subject), covariates, responses = proteins))
  stopifnot(unique(table$response) == colnames(proteins))
  one <- quietly(webgpu_lmm(y ~ time * arm + (1 | subject), cbind(covariates, y = proteins[, 2])))
  stopifnot(identical(table$estimate[table$response == colnames(proteins)[2]], one$estimate))
  says(error_of(webgpu_lmm(~ time + (1 | subject), covariates, responses = proteins[-1, ])), "other rows")
})

test("names stay texts", {
  names(visits)[names(visits) == "y"] <- "1"
  responses <- data.frame(visits["1"], "NA" = visits[["1"]] + visits$age, check.names = FALSE)
  names(responses)[1] <- "1"
  found <- quietly(webgpu_lmm(~ time + (1 | subject), visits[names(visits) != "1"], responses = responses))
  stopifnot(identical(unique(found$response), c("1", "NA")))
})

test("models without a fit are rows with a status", {
  visits$flat <- 1
  found <- quietly(webgpu_lmm(flat ~ time + (1 | subject), visits, table = c("tidy", "status")))
  stopifnot(nrow(found$tidy) == 0, found$status$status == "constant")
})

test("columns of one name, and data of no kind, are refused", {
  says(error_of(webgpu_lmm(model, cbind(visits, visits["y"]))), "two columns are named 'y'")
  says(error_of(webgpu_lmm(model, as.list(visits))), "data are a list")
})

test("the remedy for a table of no kind speaks of R alone", {
  error <- error_of(webgpu_lmm(model, visits, table = "tdy"))
  stopifnot(error$problem == "no table 'tdy'", error$remedy == "Did you mean 'tidy'?")
})

test("weights of lmer, a vector, are asked for by the name of their column", {
  says(error_of(webgpu_lmm(model, visits, weights = visits$age)), "weights = \"NAME\"")
})

test("arguments of lmer and glmer", {
  ml <- quietly(webgpu_lmm(model, visits, REML = FALSE))
  expect_same(ml, judged("fit", visits_file, model_flag, "--ml"))
  visits$count <- round(exp(visits$y / max(visits$y)))
  poisson <- quietly(webgpu_lmm(count ~ time + (1 | subject), visits, family = poisson(), table = "glance"))
  stopifnot(poisson$status == "ok", is.na(poisson$sigma) || poisson$sigma > 0)
})

test("compare, moments, predict", {
  formulas <- list(y ~ time + age + (time | subject), model)
  flags <- c("--formula=y ~ time + age + (time | subject)", model_flag)
  tests <- quietly(webgpu_compare(formulas, visits, table = "tests"))
  expect_same(tests, judged("compare", visits_file, flags, table = "tests"))
  stopifnot(nrow(quietly(webgpu_compare(model, visits, tests = "ranova"))) > 0)
  stopifnot("time:arm" %in% quietly(webgpu_compare(model, visits, tests = "drop1"))$term)

  moments <- quietly(webgpu_moments(model, visits))
  expect_same(quietly(webgpu_lmm(moments)), judged("fit", visits_file, model_flag))

  saved <- tempfile(fileext = ".fit")
  quietly(webgpu_lmm(model, visits, save = saved))
  new <- quietly(webgpu_predict(saved, visits[1:2, ], interval = "prediction"))
  stopifnot(nrow(new) == 2, new$.lower < new$.fitted, new$.fitted < new$.upper)
})

test("a table prints shortly", {
  table <- quietly(webgpu_lmm(model, visits))
  printed <- capture.output(print(table, n = 3))
  stopifnot(trimws(printed[1]) == "# tidy of y ~ time * arm + age + (time | subject)", tail(printed, 1) == "# and 6 more rows")
  stopifnot(length(capture.output(print(table[table$effect == "fixed", c("term", "estimate")]))) == 6)
})
