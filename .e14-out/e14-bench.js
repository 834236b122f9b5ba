import { createRequire } from "node:module";
import { closeSync, createReadStream, existsSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { Readable, pipeline } from "node:stream";
import { constants, createGunzip, createInflate, deflateSync, inflateSync } from "node:zlib";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
//#region src/errors.ts
/** The only error class that the library throws on purpose; `tag` tells the kind. */
var FitError = class extends Error {
	tag;
	fields;
	constructor(tag, message, fields = {}) {
		super(message, fields.cause === void 0 ? void 0 : { cause: fields.cause });
		this.name = tag;
		this.tag = tag;
		this.fields = fields;
	}
};
/** The name among `candidates` nearest to `name` (Damerau-Levenshtein distance at most a third of its length), for "did you mean". */
function nearestName(name, candidates) {
	let best;
	let bestDistance = Math.max(1, Math.floor(name.length / 3)) + 1;
	for (const candidate of candidates) {
		const distance = candidate.toLowerCase() === name.toLowerCase() ? 0 : editDistance(name.toLowerCase(), candidate.toLowerCase());
		if (distance < bestDistance) {
			best = candidate;
			bestDistance = distance;
		}
	}
	return best;
}
/** Damerau-Levenshtein distance (optimal string alignment). */
function editDistance(a, b) {
	let before = [];
	let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
	for (let i = 1; i <= a.length; i++) {
		const row = [i];
		for (let j = 1; j <= b.length; j++) {
			const same = a[i - 1] === b[j - 1] ? 0 : 1;
			let d = Math.min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + same);
			if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) d = Math.min(d, before[j - 2] + 1);
			row.push(d);
		}
		before = previous;
		previous = row;
	}
	return previous[b.length];
}
//#endregion
//#region src/formula/number-text.ts
/** Numbers as R prints them: they name factor levels (`factor(x)2.5`) and terms (`I(x^2)`). */
/** R's default: as many digits as needed, at most 15. */
const SIGNIFICANT_DIGITS = 15;
/** Numbers beyond this are no longer of R's integer type, which never prints an exponent. */
const LARGEST_INTEGER = 2147483647;
/** A double as R's `as.character` and `deparse` write it: fixed notation unless the scientific one is shorter (`1e+05`). */
function numberText(value) {
	if (Number.isNaN(value)) return "NA";
	if (!Number.isFinite(value)) return value > 0 ? "Inf" : "-Inf";
	if (value === 0) return "0";
	const [mantissa, exponentText] = Math.abs(value).toExponential(SIGNIFICANT_DIGITS - 1).split("e");
	const digits = mantissa.replace(".", "").replace(/0+$/, "");
	const exponent = Number(exponentText);
	const decimals = Math.max(0, digits.length - exponent - 1);
	const fixedWidth = Math.max(1, exponent + 1) + (decimals > 0 ? decimals + 1 : 0);
	const exponentWidth = Math.abs(exponent) >= 100 ? 5 : 4;
	const scientificWidth = (digits.length > 1 ? digits.length + 1 : 1) + exponentWidth;
	const sign = value < 0 ? "-" : "";
	if (fixedWidth > scientificWidth) {
		const fraction = digits.length > 1 ? `.${digits.slice(1)}` : "";
		const power = String(Math.abs(exponent)).padStart(2, "0");
		return `${sign}${digits[0]}${fraction}e${exponent < 0 ? "-" : "+"}${power}`;
	}
	if (exponent >= SIGNIFICANT_DIGITS) return BigInt(value).toString();
	if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
	const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, "0");
	return decimals > 0 ? `${sign}${whole}.${digits.slice(exponent + 1)}` : `${sign}${whole}`;
}
/**
* A double with so many significant digits and no zeros behind them, as C writes `%.3g` and R's `formatC` with it. Halves
* go to the even digit, by the exact value of the double.
*/
function significantText(value, digits) {
	if (!Number.isFinite(value) || value === 0) return numberText(value);
	const rounded = roundedDigits(Math.abs(value), digits);
	const figures = rounded.figures.replace(/0+$/, "");
	const { exponent } = rounded;
	const sign = value < 0 ? "-" : "";
	if (exponent < -4 || exponent >= digits) {
		const power = String(Math.abs(exponent)).padStart(2, "0");
		return `${sign}${pointed(figures, 1)}e${exponent < 0 ? "-" : "+"}${power}`;
	}
	return sign + (exponent < 0 ? `0.${"0".repeat(-exponent - 1)}${figures}` : pointed(figures, exponent + 1));
}
/** The digits of a positive number, rounded, and the power of ten of the first. */
function roundedDigits(value, digits) {
	const [mantissa, power] = value.toExponential(EXACT_DIGITS$1).split("e");
	const exact = mantissa.replace(".", "");
	if (/^50*$/.test(exact.slice(digits)) && Number(exact[digits - 1]) % 2 === 0) return {
		figures: exact.slice(0, digits),
		exponent: Number(power)
	};
	const [near, exponent] = value.toExponential(digits - 1).split("e");
	return {
		figures: near.replace(".", ""),
		exponent: Number(exponent)
	};
}
/** Digits that tell whether a double is half-way between two shorter numbers. */
const EXACT_DIGITS$1 = 100;
/** Digits with a point behind the first few, where there are more. */
function pointed(figures, whole) {
	const padded = figures.padEnd(whole, "0");
	return padded.length > whole ? `${padded.slice(0, whole)}.${padded.slice(whole)}` : padded;
}
/**
* Texts of the levels of a numeric column, as R's `factor()` makes them after reading a table: a column of whole numbers
* is of type integer there and never gets an exponent.
*/
function levelTexts(values) {
	let whole = true;
	for (let i = 0; i < values.length && whole; i++) whole = Number.isInteger(values[i]) && Math.abs(values[i]) <= LARGEST_INTEGER;
	return Array.from(values, (value) => whole ? String(value === 0 ? 0 : value) : numberText(value));
}
//#endregion
//#region src/formula/known-levels.ts
/** Recodes a factor to trained levels by their texts. */
function extendLevels(trained, factor) {
	const place = new Map(trained.map((level, code) => [level, code]));
	const levels = [...trained];
	const used = new Uint8Array(factor.levels.length);
	for (const code of factor.codes) if (code >= 0) used[code] = 1;
	const recoded = factor.levels.map((level, code) => {
		const known = place.get(level);
		if (known !== void 0 || used[code] === 0) return known ?? -1;
		levels.push(level);
		return levels.length - 1;
	});
	return {
		levels,
		codes: factor.codes.map((code) => code < 0 ? -1 : recoded[code])
	};
}
/**
* Codes numbers to trained levels. A number has two texts, that of a column of whole numbers (100000) and R's shortest
* (1e+05); the trained levels decide.
*/
function extendNumberLevels(trained, values) {
	const place = new Map(trained.map((level, code) => [level, code]));
	const levels = [...trained];
	const codes = new Int32Array(values.length);
	for (let i = 0; i < values.length; i++) {
		const value = values[i];
		if (Number.isNaN(value)) {
			codes[i] = -1;
			continue;
		}
		const plain = String(value === 0 ? 0 : value);
		const text = place.has(plain) ? plain : numberText(value);
		let code = place.get(text);
		if (code === void 0) {
			code = levels.length;
			levels.push(text);
			place.set(text, code);
		}
		codes[i] = code;
	}
	return {
		levels,
		codes
	};
}
//#endregion
//#region src/formula/column-recipe.ts
/** What some columns hold in some rows of a table; those that the table lacks are left out. */
function summariseColumns(names, table, rows) {
	return names.flatMap((name) => {
		const column = table.columns.get(name);
		return column === void 0 ? [] : [summarise(name, column, rows)];
	});
}
function summarise(name, column, rows) {
	if (column.kind === "factor") {
		const { kind, levels, codes, ordered } = column;
		const counts = new Array(levels.length).fill(0);
		for (const row of rows) if (codes[row] >= 0) counts[codes[row]]++;
		return {
			name,
			kind,
			levels,
			counts,
			ordered
		};
	}
	const { kind, values } = column;
	let count = 0;
	let sum = 0;
	let minimum = Number.POSITIVE_INFINITY;
	let maximum = Number.NEGATIVE_INFINITY;
	for (const row of rows) {
		const value = values[row];
		if (Number.isNaN(value)) continue;
		count++;
		sum += value;
		minimum = Math.min(minimum, value);
		maximum = Math.max(maximum, value);
	}
	if (count === 0 || !Number.isFinite(sum)) return {
		name,
		kind,
		mean: null,
		minimum: null,
		maximum: null
	};
	const centre = sum / count;
	let rest = 0;
	for (const row of rows) if (!Number.isNaN(values[row])) rest += values[row] - centre;
	return {
		name,
		kind,
		mean: centre + rest / count,
		minimum,
		maximum
	};
}
//#endregion
//#region src/formula/columns.ts
/** The entries of a column at `rows`, or the column itself (not copied) without them. */
function columnValue(column, rows) {
	if (column.kind === "factor") {
		const { kind, levels, ordered } = column;
		return {
			kind,
			levels,
			ordered,
			codes: rows === void 0 ? column.codes : gatherCodes(column.codes, rows)
		};
	}
	return {
		kind: column.kind,
		values: rows === void 0 ? column.values : gatherNumbers(column.values, rows)
	};
}
function gatherNumbers(values, rows) {
	const result = new Float64Array(rows.length);
	for (let i = 0; i < rows.length; i++) result[i] = values[rows[i]];
	return result;
}
function gatherCodes(codes, rows) {
	const result = new Int32Array(rows.length);
	for (let i = 0; i < rows.length; i++) result[i] = codes[rows[i]];
	return result;
}
/** Entries at `rows` of each column of an n x k column-major matrix. */
function gatherMatrix(values, n, rows) {
	const columns = n === 0 ? 0 : values.length / n;
	const result = new Float64Array(rows.length * columns);
	for (let j = 0; j < columns; j++) result.set(gatherNumbers(values.subarray(j * n, (j + 1) * n), rows), j * rows.length);
	return result;
}
//#endregion
//#region src/types/table.ts
/** Names of all columns that a table has or could have been read with. */
function columnNamesOf(table) {
	return table.columnNames ?? [...table.columns.keys()];
}
//#endregion
//#region src/options/entries.ts
const DATA = [
	"fit",
	"compare",
	"calibrate",
	"moments",
	"influence"
];
const READING = [
	"fit",
	"design",
	"compare",
	"calibrate",
	"moments",
	"influence"
];
const TESTING = [
	"fit",
	"compare",
	"calibrate"
];
const WRITING = [
	...DATA,
	"simulate",
	"predict"
];
const WHOLE_SEED = {
	kind: "whole",
	least: 0,
	fallback: 1,
	value: "n"
};
const DRAWS = {
	kind: "whole",
	least: 100,
	most: 1e6,
	value: "n"
};
const CELLS = {
	needs: {
		option: "kind",
		value: "cells"
	},
	excludes: ["from"]
};
const VISITS = {
	needs: {
		option: "kind",
		value: "visits"
	},
	excludes: ["from"]
};
const OPTIONS = {
	formula: {
		in: DATA,
		kind: "text",
		value: "formula",
		help: "R's formula language: 'y ~ x + (1 | g)'; for a matrix without the left side",
		box: "the formula"
	},
	obs: {
		in: READING,
		kind: "text",
		value: "file",
		help: "table of cells or samples, joined by its first column",
		shapes: true,
		box: "Annotation"
	},
	responses: {
		in: DATA,
		kind: "text",
		value: "list",
		help: "names, @FILE or /REGEX/",
		shapes: true,
		box: "Only responses"
	},
	where: {
		in: READING,
		kind: "text",
		value: "expr",
		help: "keep rows: cell_type == 'B cells' & n > 5",
		shapes: true,
		box: "Only rows where"
	},
	splitBy: {
		in: DATA,
		kind: "text",
		value: "column",
		help: "one result set per level",
		shapes: true,
		box: "One fit for each"
	},
	minCells: {
		in: DATA,
		kind: "whole",
		least: 0,
		fallback: 0,
		value: "n",
		help: "keep genes seen in at least n cells",
		shapes: true,
		box: "Genes seen in at least"
	},
	minCounts: {
		in: DATA,
		kind: "whole",
		least: 0,
		fallback: 0,
		value: "n",
		help: "leave out cells or samples with fewer counts over all genes",
		shapes: true,
		box: "Cells with at least so many counts"
	},
	normalisation: {
		in: DATA,
		flag: "normalize",
		kind: "choice",
		choices: [
			"none",
			"log1p-cpm",
			"log1p-cp10k"
		],
		fallback: "none",
		value: "how",
		help: "of counts",
		shapes: true,
		box: "Normalisation"
	},
	totals: {
		in: DATA,
		kind: "text",
		value: "column",
		help: "totals of the cells for “normalisation”",
		needs: { option: "normalisation" },
		shapes: true
	},
	layer: {
		in: READING,
		kind: "text",
		value: "name",
		help: "layer of an .h5ad file, or raw",
		shapes: true,
		box: "Layer"
	},
	featureType: {
		in: DATA,
		kind: "text",
		value: "name",
		help: "feature type of 10x data",
		without: "Gene Expression",
		shapes: true
	},
	genome: {
		in: DATA,
		kind: "text",
		value: "name",
		help: "genome of a CellRanger file that holds several",
		shapes: true
	},
	prefix: {
		in: DATA,
		kind: "text",
		value: "text",
		help: "what precedes matrix.mtx in a folder with several sets of files",
		shapes: true
	},
	decimal: {
		in: DATA,
		kind: "choice",
		choices: [".", ","],
		value: "mark",
		help: "mark before decimals in text tables",
		without: "found by itself where fields are cut by ;",
		shapes: true
	},
	naStrings: {
		in: DATA,
		kind: "text",
		value: "list",
		help: "texts that mean missing, besides empty, NA, NaN and nan",
		shapes: true
	},
	transform: {
		in: DATA,
		kind: "choice",
		choices: [
			"none",
			"log2",
			"log",
			"log10",
			"log1p",
			"sqrt"
		],
		fallback: "none",
		value: "how",
		help: "of the responses of a table",
		shapes: true
	},
	zeroIsMissing: {
		in: DATA,
		kind: "switch",
		help: "a zero among the responses of a table stands for nothing found",
		shapes: true
	},
	factor: {
		in: READING,
		kind: "texts",
		value: "col[=levels]",
		help: "treat a column as a factor",
		shapes: true,
		box: "Numbers as factors"
	},
	ordered: {
		in: READING,
		kind: "texts",
		value: "col=levels",
		help: "ordered factor",
		shapes: true
	},
	contrastCodings: {
		in: DATA,
		flag: "contrasts",
		kind: "texts",
		choices: [
			"treatment",
			"sum",
			"helmert",
			"poly"
		],
		value: "col=coding",
		help: "coding of a factor",
		shapes: true
	},
	weights: {
		in: DATA,
		kind: "text",
		value: "column|file",
		help: "prior weights, a table of weights by response and sample, or voom for counts",
		shapes: true,
		box: "Weights"
	},
	normFactors: {
		in: DATA,
		kind: "choice",
		choices: ["tmm", "none"],
		fallback: "none",
		value: "how",
		help: "normalisation of library sizes",
		needs: {
			option: "weights",
			value: "voom"
		},
		shapes: true
	},
	offset: {
		in: DATA,
		kind: "text",
		value: "column",
		help: "column added to the linear predictor",
		shapes: true,
		box: "Offset"
	},
	residual: {
		in: DATA,
		kind: "text",
		value: "structure",
		help: "covariance of a subject's residuals: 'us(visit | subject)', 'ar1(visit | arm / subject)'",
		shapes: true
	},
	dispersion: {
		in: DATA,
		kind: "text",
		value: "formula",
		help: "log standard deviation of the residuals: '~ sex', '~ 0 + visit'",
		shapes: true
	},
	na: {
		in: DATA,
		kind: "choice",
		choices: [
			"omit",
			"per-response",
			"fail"
		],
		value: "how",
		help: "rows with a missing value",
		without: "per-response for several responses, else omit",
		shapes: true,
		box: "Missing values"
	},
	memory: {
		in: DATA,
		kind: "whole",
		least: 1,
		value: "mb",
		help: "at most this much for the sums (else in several passes over the file) and for chunks on a device"
	},
	method: {
		in: [...TESTING, "influence"],
		flag: "ml",
		kind: "switch",
		choices: ["REML", "ML"],
		help: "maximum likelihood instead of REML",
		box: "Likelihood"
	},
	ddf: {
		in: ["fit"],
		kind: "choice",
		choices: [
			"auto",
			"kenward-roger",
			"satterthwaite",
			"asymptotic"
		],
		fallback: "auto",
		value: "method",
		help: "degrees of freedom of the tests",
		without: "auto: kenward-roger for REML without a bootstrap, else satterthwaite",
		box: "Degrees of freedom"
	},
	information: {
		in: ["fit"],
		kind: "choice",
		choices: ["expected", "observed"],
		value: "which",
		help: "of the covariance parameters, behind degrees of freedom",
		without: "observed beside “residual” and “dispersion”, else expected"
	},
	contrasts: {
		in: ["fit", "calibrate"],
		flag: "contrast",
		kind: "texts",
		value: "name=expr",
		help: "test EXPR, linear in coefficient names",
		box: "Contrasts"
	},
	anova: {
		in: ["fit"],
		kind: "choice",
		choices: [
			"I",
			"II",
			"III"
		],
		value: "type",
		help: "F tests of the terms, in the table anova",
		without: "III",
		optional: {
			values: /^(?:[123]|i{1,3}|[a-z]|iv|\d+)$/i,
			fallback: "III"
		}
	},
	emmeans: {
		in: ["fit"],
		kind: "text",
		value: "factors",
		help: "marginal means: 'condition', 'a * b', 'a | b'; tables emmeans and pairs (comparisons)"
	},
	slopes: {
		in: ["fit"],
		kind: "text",
		value: "column",
		help: "slopes by a covariate in place of means",
		needs: { option: "emmeans" }
	},
	at: {
		in: ["fit"],
		kind: "texts",
		value: "name=values",
		help: "covariate values or levels",
		needs: { option: "emmeans" }
	},
	pairsAdjust: {
		in: ["fit"],
		kind: "choice",
		choices: [
			"tukey",
			"holm",
			"bonferroni",
			"BH",
			"none"
		],
		fallback: "tukey",
		value: "method",
		help: "over the comparisons of a response",
		needs: { option: "emmeans" }
	},
	moderate: {
		in: ["fit"],
		kind: "text",
		value: "how",
		help: "empirical Bayes as limma and dream do it: plain, or 'robust', 'trend', 'robust,trend'",
		optional: {
			values: /^(?:plain|robust|trend|[a-z]+)(?:,[a-z]+)*$/i,
			fallback: "plain"
		}
	},
	adjust: {
		in: ["fit", "compare"],
		kind: "choice",
		choices: [
			"BH",
			"holm",
			"bonferroni",
			"storey",
			"none"
		],
		fallback: "BH",
		value: "method",
		help: "of p-values over the responses",
		box: "Adjusted p"
	},
	adjustAcross: {
		in: ["fit", "compare"],
		kind: "choice",
		choices: ["within", "all"],
		fallback: "within",
		value: "what",
		help: "the responses of one split, or of all",
		box: "Adjusted over"
	},
	backend: {
		in: TESTING,
		kind: "choice",
		choices: [
			"auto",
			"cpu",
			"webgpu"
		],
		fallback: "auto",
		value: "name",
		help: "what searches",
		box: "Runs on"
	},
	precision: {
		in: TESTING,
		kind: "choice",
		choices: [
			"auto",
			"f64",
			"df64",
			"f32"
		],
		fallback: "auto",
		value: "name",
		help: "what finishes the fits of a device"
	},
	confInt: {
		in: ["fit"],
		kind: "number",
		above: 0,
		below: 1,
		value: "level",
		help: "confidence intervals in the tidy and ranef tables",
		without: "0.95",
		optional: {
			values: /^[-+.\d][.\deE+-]*%?$/,
			fallback: "0.95"
		}
	},
	confMethod: {
		in: ["fit"],
		kind: "choice",
		choices: [
			"wald",
			"profile",
			"bootstrap",
			"bootstrap-percentile",
			"bca"
		],
		fallback: "wald",
		value: "how",
		help: "bootstrap takes percentiles of the draws"
	},
	confParameters: {
		in: ["fit"],
		kind: "text",
		value: "list",
		help: "all, beta, or terms of the tidy table: intervals of these alone",
		without: "all"
	},
	sorted: {
		in: ["fit"],
		kind: "switch",
		help: "levels of a ranef table by increasing estimate"
	},
	bootstrap: {
		in: ["fit", "compare"],
		...DRAWS,
		help: "parametric bootstrap of every model (fit), of each likelihood ratio (compare)",
		box: "Bootstrap"
	},
	seed: {
		in: [...TESTING, "simulate"],
		...WHOLE_SEED,
		help: "seed of what is drawn"
	},
	threads: {
		in: [...TESTING, "influence"],
		kind: "whole",
		least: 1,
		value: "n",
		help: "threads at most",
		without: "as many as there are processors"
	},
	tests: {
		in: ["compare"],
		kind: "choice",
		choices: ["ranova"],
		value: "what",
		help: "test each random term of one model"
	},
	structures: {
		in: ["compare"],
		kind: "text",
		value: "list",
		help: "structures of residuals: 'us,csh,ar1(visit | subject)', none, or auto: the best for each response",
		excludes: [
			"tests",
			"cv",
			"select"
		]
	},
	cv: {
		in: ["compare"],
		kind: "whole",
		least: 2,
		value: "k",
		help: "k-fold cross-validation: held-out log score and RMSE",
		excludes: ["tests"]
	},
	cvBy: {
		in: ["compare"],
		kind: "text",
		value: "what",
		help: "rows, or a column whose groups are held out whole",
		without: "rows",
		needs: { option: "cv" }
	},
	select: {
		in: ["compare"],
		kind: "choice",
		choices: ["lrt", "aic"],
		value: "how",
		help: "backward selection from one model, for each response",
		excludes: ["tests", "cv"]
	},
	alpha: {
		in: ["compare"],
		kind: "number",
		above: 0,
		below: 1,
		fallback: .05,
		value: "level",
		help: "terms with p above it go",
		needs: {
			option: "select",
			value: "lrt"
		}
	},
	selectRandom: {
		in: ["compare"],
		kind: "switch",
		help: "let “select” leave out random terms too",
		needs: { option: "select" }
	},
	rankBy: {
		in: ["compare"],
		kind: "choice",
		choices: [
			"AIC",
			"AICc",
			"BIC"
		],
		fallback: "AIC",
		value: "criterion",
		help: "of the models of a response",
		without: "AIC; AICc with “structures: auto”"
	},
	reference: {
		in: ["compare"],
		kind: "choice",
		choices: ["mixture", "chisq"],
		fallback: "mixture",
		value: "what",
		help: "of tests of variances; plain chisq is what R takes"
	},
	terms: {
		in: ["calibrate"],
		flag: "term",
		kind: "texts",
		value: "name",
		help: "test a term of the formula or a coefficient",
		without: "all coefficients"
	},
	scheme: {
		in: ["calibrate"],
		kind: "choice",
		choices: ["simulate", "permute"],
		fallback: "simulate",
		value: "how",
		help: "draw from the fitted null, or shuffle the column tested"
	},
	truth: {
		in: ["calibrate"],
		kind: "text",
		value: "formula",
		help: "the model that null responses are drawn from, or model for the one tested (with a term for samples where it has none)",
		needs: {
			option: "scheme",
			value: "simulate"
		}
	},
	permute: {
		in: ["calibrate"],
		kind: "text",
		value: "column",
		help: "the column, where the terms tested read several",
		needs: {
			option: "scheme",
			value: "permute"
		}
	},
	simulations: {
		in: ["calibrate"],
		kind: "whole",
		least: 1,
		most: 1e7,
		fallback: 2e3,
		value: "n",
		help: "tests of each hypothesis in all"
	},
	calibratedTests: {
		in: ["calibrate"],
		flag: "tests",
		kind: "text",
		value: "list",
		help: "z, satterthwaite, kenward-roger, bootstrap, naive",
		without: "all but bootstrap"
	},
	draws: {
		in: ["calibrate"],
		flag: "bootstrap",
		...DRAWS,
		fallback: 400,
		help: "draws of the test bootstrap"
	},
	plot: {
		in: ["calibrate"],
		kind: "text",
		value: "file",
		help: "quantile-quantile plot of the p-values, an .svg file"
	},
	from: {
		in: ["simulate"],
		kind: "text",
		value: "fit",
		help: "a fit kept with “save”: responses for the rows of a table"
	},
	nsim: {
		in: ["simulate"],
		kind: "whole",
		least: 1,
		fallback: 1,
		value: "n",
		help: "draws of each response",
		needs: { option: "from" }
	},
	useRandomEffects: {
		in: ["simulate"],
		kind: "switch",
		help: "keep the random effects of known groups; drawn anew otherwise",
		needs: { option: "from" }
	},
	kind: {
		in: ["simulate"],
		kind: "choice",
		choices: ["cells", "visits"],
		fallback: "cells",
		value: "kind",
		help: "single-cell counts or repeated measures",
		excludes: ["from"]
	},
	genes: {
		in: ["simulate"],
		kind: "whole",
		least: 1,
		fallback: 500,
		value: "n",
		help: "genes",
		...CELLS
	},
	cells: {
		in: ["simulate"],
		kind: "whole",
		least: 1,
		fallback: 3e3,
		value: "n",
		help: "cells",
		...CELLS
	},
	donors: {
		in: ["simulate"],
		kind: "whole",
		least: 1,
		fallback: 12,
		value: "n",
		help: "donors",
		...CELLS
	},
	density: {
		in: ["simulate"],
		kind: "number",
		above: 0,
		below: 1,
		fallback: .08,
		value: "share",
		help: "share of non-zero counts",
		...CELLS
	},
	condition: {
		in: ["simulate"],
		kind: "choice",
		choices: ["within", "between"],
		fallback: "within",
		value: "where",
		help: "each donor in both conditions, or in one",
		...CELLS
	},
	sampleSd: {
		in: ["simulate"],
		kind: "number",
		least: 0,
		most: 10,
		fallback: .1,
		value: "sd",
		help: "natural-log standard deviation between samples of a donor",
		...CELLS
	},
	subjects: {
		in: ["simulate"],
		kind: "whole",
		least: 2,
		fallback: 40,
		value: "n",
		help: "subjects",
		...VISITS
	},
	visits: {
		in: ["simulate"],
		kind: "whole",
		least: 1,
		fallback: 6,
		value: "n",
		help: "visits a subject",
		...VISITS
	},
	simulatedResponses: {
		in: ["simulate"],
		flag: "responses",
		kind: "whole",
		least: 1,
		fallback: 1,
		value: "n",
		help: "responses of a visit",
		...VISITS
	},
	missing: {
		in: ["simulate"],
		kind: "number",
		least: 0,
		below: 1,
		fallback: 0,
		value: "share",
		help: "share of missing visits",
		...VISITS
	},
	compared: {
		in: ["design"],
		flag: "condition",
		kind: "text",
		value: "column",
		help: "what is compared",
		without: "guessed"
	},
	donor: {
		in: ["design"],
		kind: "text",
		value: "column",
		help: "donors, subjects, animals: the independent units",
		without: "guessed"
	},
	covariates: {
		in: ["design"],
		kind: "text",
		value: "list",
		help: "columns beside the condition"
	},
	response: {
		in: ["design"],
		kind: "text",
		value: "column",
		help: "left side of the formulas, for a table",
		without: "guessed"
	},
	group: {
		in: ["influence"],
		kind: "text",
		value: "factor",
		help: "the grouping factor whose levels are left out",
		without: "the one of the model"
	},
	oneStep: {
		in: ["influence"],
		kind: "switch",
		help: "hold the variance ratios: coefficients and sigma move alone, nothing is fitted again"
	},
	randomEffects: {
		in: ["predict"],
		flag: "re-form",
		kind: "choice",
		choices: ["all", "none"],
		fallback: "all",
		value: "which",
		help: "with the random effects of each group, or of the population"
	},
	allowNewLevels: {
		in: ["predict"],
		kind: "switch",
		help: "groups that the fit did not have get the population's value"
	},
	standardErrors: {
		in: ["predict"],
		flag: "se",
		kind: "switch",
		help: "standard errors of the predictions"
	},
	useObserved: {
		in: ["predict"],
		kind: "switch",
		help: "rows whose response is present predict the missing ones of their subject"
	},
	interval: {
		in: ["predict"],
		kind: "choice",
		choices: ["confidence", "prediction"],
		value: "kind",
		help: "limits of the mean, or of a new observation"
	},
	level: {
		in: ["predict"],
		kind: "number",
		above: 0,
		below: 1,
		fallback: .95,
		value: "level",
		help: "of the limits",
		needs: { option: "interval" }
	},
	format: {
		in: [
			"fit",
			"design",
			"compare",
			"calibrate"
		],
		kind: "text",
		value: "content",
		help: "what goes to standard output: the name of a table, or json"
	},
	out: {
		in: TESTING,
		kind: "texts",
		value: "[table=]file",
		help: "write to a .tsv, .csv, .parquet or .json file"
	},
	outFile: {
		in: [
			"moments",
			"simulate",
			"influence",
			"predict"
		],
		flag: "out",
		kind: "texts",
		value: "file",
		help: "file to write; of simulate a folder (10x), FILE.h5ad or FILE.csv"
	},
	omit: {
		in: ["fit"],
		kind: "text",
		value: "parts",
		help: "ranef,vcov: leave out of JSON (automatic above 5,000 models; none keeps them)"
	},
	save: {
		in: ["fit"],
		kind: "text",
		value: "file",
		help: "keep the fit for predict, simulate and influence"
	},
	explain: {
		in: ["fit"],
		kind: "switch",
		help: "print the plan: path, arithmetic, threads"
	},
	strict: {
		in: TESTING,
		kind: "switch",
		help: "exit 3 for any status but ok"
	},
	quiet: {
		in: WRITING,
		kind: "switch",
		help: "no progress; warnings and notes stay"
	},
	noNotes: {
		in: DATA,
		kind: "switch",
		help: "no warnings or notes either"
	}
};
//#endregion
//#region src/formula/polynomial.ts
/**
* Orthogonal polynomials as R's `poly` and `contr.poly` scale them: column k is the part of x^k that is orthogonal to
* all lower powers, of length 1, with a positive leading coefficient. Built by Stieltjes' recurrence on centred, scaled
* values (no powers are formed) with one round of reorthogonalisation.
*
* Returns n x degree, column-major; rows with a missing value are NaN throughout. Undefined when the values take no more
* than `degree` different values.
*/
function orthogonalPolynomial(values, degree) {
	return trainPolynomial(values, degree)?.values;
}
/** The polynomial of {@link orthogonalPolynomial} with what its columns for other values need. */
function trainPolynomial(values, degree) {
	const n = values.length;
	if (!hasMoreValuesThan(values, degree)) return void 0;
	const { mean, scale } = spread(values);
	const x = new Float64Array(n);
	const present = new Uint8Array(n);
	let count = 0;
	for (let i = 0; i < n; i++) {
		if (Number.isNaN(values[i])) continue;
		present[i] = 1;
		count++;
		x[i] = (values[i] - mean) / scale;
	}
	const constant = new Float64Array(n);
	for (let i = 0; i < n; i++) constant[i] = present[i] / Math.sqrt(count);
	const columns = [constant];
	const projections = [];
	const norms = [];
	for (let k = 1; k <= degree; k++) {
		const column = columns[k - 1].map((value, i) => value * x[i]);
		const removed = [];
		for (let round = 0; round < 2; round++) for (const lower of columns) {
			const projection = dot$1(column, lower);
			removed.push(projection);
			for (let i = 0; i < n; i++) column[i] -= projection * lower[i];
		}
		const norm = Math.sqrt(dot$1(column, column));
		for (let i = 0; i < n; i++) column[i] /= norm;
		columns.push(column);
		projections.push(removed);
		norms.push(norm);
	}
	const result = new Float64Array(n * degree);
	for (let k = 1; k <= degree; k++) for (let i = 0; i < n; i++) result[(k - 1) * n + i] = present[i] === 1 ? columns[k][i] : NaN;
	return {
		basis: {
			mean,
			scale,
			count,
			projections,
			norms
		},
		values: result
	};
}
/** The columns of a trained polynomial at other values, by the same steps: the training values come out bit for bit. */
function evaluatePolynomial(basis, values) {
	const n = values.length;
	const { mean, scale, count, projections, norms } = basis;
	const degree = norms.length;
	const result = new Float64Array(n * degree);
	const columns = new Float64Array(degree + 1);
	for (let i = 0; i < n; i++) {
		const x = (values[i] - mean) / scale;
		columns[0] = 1 / Math.sqrt(count);
		for (let k = 1; k <= degree; k++) {
			let value = columns[k - 1] * x;
			projections[k - 1].forEach((projection, j) => {
				value -= projection * columns[j % k];
			});
			columns[k] = value / norms[k - 1];
			result[(k - 1) * n + i] = columns[k];
		}
	}
	return result;
}
function dot$1(a, b) {
	let sum = 0;
	for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
	return sum;
}
function spread(values) {
	let count = 0;
	let sum = 0;
	for (let i = 0; i < values.length; i++) {
		if (Number.isNaN(values[i])) continue;
		count++;
		sum += values[i];
	}
	const mean = sum / count;
	let scale = 0;
	for (let i = 0; i < values.length; i++) if (!Number.isNaN(values[i])) scale = Math.max(scale, Math.abs(values[i] - mean));
	return {
		mean,
		scale
	};
}
function hasMoreValuesThan(values, count) {
	const distinct = /* @__PURE__ */ new Set();
	for (let i = 0; i < values.length && distinct.size <= count; i++) if (!Number.isNaN(values[i])) distinct.add(values[i]);
	return distinct.size > count;
}
//#endregion
//#region src/formula/contrasts.ts
/** Codings of a factor, R's `contr.*`. */
const CONTRAST_CODINGS = OPTIONS.contrastCodings.choices;
/** Contrasts of a factor: k - 1 columns for k levels; none for one level. */
function contrastCoding(coding, levels) {
	const k = levels.length;
	const columns = Math.max(0, k - 1);
	const values = new Float64Array(k * columns);
	switch (coding) {
		case "treatment":
			for (let j = 0; j < columns; j++) values[j * k + j + 1] = 1;
			return {
				suffixes: levels.slice(1),
				values
			};
		case "sum":
			for (let j = 0; j < columns; j++) {
				values[j * k + j] = 1;
				values[j * k + k - 1] = -1;
			}
			return {
				suffixes: numbered(columns),
				values
			};
		case "helmert":
			for (let j = 0; j < columns; j++) {
				for (let i = 0; i <= j; i++) values[j * k + i] = -1;
				values[j * k + j + 1] = j + 1;
			}
			return {
				suffixes: numbered(columns),
				values
			};
		case "poly": {
			const scores = Float64Array.from({ length: k }, (_, i) => i + 1);
			return {
				suffixes: Array.from({ length: columns }, (_, j) => [
					".L",
					".Q",
					".C"
				][j] ?? `^${j + 1}`),
				values: orthogonalPolynomial(scores, columns) ?? values
			};
		}
	}
}
/** One indicator a level, for a factor whose margin is not in the model. */
function indicatorCoding(levels) {
	const k = levels.length;
	const values = new Float64Array(k * k);
	for (let j = 0; j < k; j++) values[j * k + j] = 1;
	return {
		suffixes: levels,
		values
	};
}
function numbered(columns) {
	return Array.from({ length: columns }, (_, j) => String(j + 1));
}
//#endregion
//#region src/numeric/b-spline.ts
/** The splines over some interior knots, increasing and within the boundary. */
function bSplines(order, interior, boundary) {
	const [low, high] = boundary.map((knot) => new Array(order).fill(knot));
	return {
		order,
		knots: Float64Array.from([
			...low,
			...interior,
			...high
		])
	};
}
/** How many splines there are. */
function splineCount({ order, knots }) {
	return knots.length - order;
}
/** l, the interval of x. Beyond the boundary it is the outermost one, whose polynomials then go on. */
function knotInterval({ order, knots }, x) {
	const last = knots.length - order - 1;
	let l = order - 1;
	while (l < last && x >= knots[l + 1]) l++;
	return l;
}
/** Writes B_{l-k+1}(x) ... B_l(x), or their derivatives, into the first k places of `out`; l is the interval of x. */
function nonzeroBSplines({ order, knots }, l, x, out, derivative = 0) {
	const plain = Math.max(1, order - derivative);
	out.fill(0, 0, order);
	if (derivative >= order) return;
	out[0] = 1;
	for (let r = 1; r < plain; r++) {
		let carried = 0;
		for (let j = 0; j < r; j++) {
			const left = knots[l + 1 - r + j];
			const right = knots[l + 1 + j];
			const share = out[j] / (right - left);
			out[j] = carried + (right - x) * share;
			carried = (x - left) * share;
		}
		out[r] = carried;
	}
	for (let r = plain; r < order; r++) for (let j = r; j >= 0; j--) {
		const own = j < r ? out[j] / (knots[l + j + 1] - knots[l + j + 1 - r]) : 0;
		const before = j > 0 ? out[j - 1] / (knots[l + j] - knots[l + j - r]) : 0;
		out[j] = r * (before - own);
	}
}
//#endregion
//#region src/numeric/order-statistics.ts
/** Order statistics of plain arrays, by R's definitions. NaN is not expected. */
/** A sorted copy, ascending. */
function sorted(values) {
	return Float64Array.from(values).sort();
}
/**
* Quantile of values that are sorted: linear interpolation at (n - 1) p (R's type 7), in R's order of operations, since
* knots close together show the last bits. NaN without values.
*/
function quantileOfSorted(values, probability) {
	if (values.length === 0) return NaN;
	const place = 1 + (values.length - 1) * probability;
	const low = values[Math.floor(place) - 1];
	const high = values[Math.ceil(place) - 1];
	const share = place - Math.floor(place);
	return share === 0 || low === high ? low : (1 - share) * low + share * high;
}
//#endregion
//#region src/numeric/pivoted-qr.ts
const RANK_TOLERANCE = 1e-7;
function pivotedQr(x, n, p, tolerance = RANK_TOLERANCE) {
	const qr = Float64Array.from(x.subarray(0, n * p));
	const pivot = Int32Array.from({ length: p }, (_, j) => j);
	const qraux = new Float64Array(p);
	const original = new Float64Array(p);
	const current = new Float64Array(p);
	for (let j = 0; j < p; j++) {
		const norm = columnNorm(qr, n, j, 0);
		current[j] = norm;
		original[j] = norm === 0 ? 1 : norm;
	}
	let rank = p;
	const steps = Math.min(n, p);
	for (let l = 0; l < steps; l++) {
		while (l < rank && current[l] < original[l] * tolerance) {
			moveToEnd(qr, n, p, l, pivot, original, current);
			rank--;
		}
		if (l >= rank) break;
		if (l === n - 1) break;
		let norm = columnNorm(qr, n, l, l);
		if (norm === 0) continue;
		const diagonal = qr[l * n + l];
		if (diagonal !== 0 && diagonal < 0) norm = -norm;
		for (let i = l; i < n; i++) qr[l * n + i] /= norm;
		qr[l * n + l] += 1;
		for (let j = l + 1; j < p; j++) {
			let t = 0;
			for (let i = l; i < n; i++) t -= qr[l * n + i] * qr[j * n + i];
			t /= qr[l * n + l];
			for (let i = l; i < n; i++) qr[j * n + i] += t * qr[l * n + i];
			if (j < rank) current[j] = columnNorm(qr, n, j, l + 1);
		}
		qraux[l] = qr[l * n + l];
		qr[l * n + l] = -norm;
	}
	return {
		n,
		p,
		rank: Math.min(rank, n),
		pivot,
		qr,
		qraux
	};
}
function columnNorm(a, n, j, from) {
	let sum = 0;
	for (let i = from; i < n; i++) sum += a[j * n + i] ** 2;
	if (sum > 1e-280 && sum < 1e280) return Math.sqrt(sum);
	let scale = 0;
	for (let i = from; i < n; i++) scale = Math.max(scale, Math.abs(a[j * n + i]));
	if (scale === 0 || !Number.isFinite(scale)) return scale;
	sum = 0;
	for (let i = from; i < n; i++) sum += (a[j * n + i] / scale) ** 2;
	return scale * Math.sqrt(sum);
}
function moveToEnd(qr, n, p, l, pivot, original, current) {
	const column = qr.slice(l * n, (l + 1) * n);
	qr.copyWithin(l * n, (l + 1) * n, p * n);
	qr.set(column, (p - 1) * n);
	for (const a of [
		pivot,
		original,
		current
	]) {
		const kept = a[l];
		a.copyWithin(l, l + 1, p);
		a[p - 1] = kept;
	}
}
/** First `rank` columns of Q, n x rank column-major (Q'Q = I): they span the kept columns. */
function thinQ(f) {
	return columnsOfQ(f, 0, f.rank);
}
/** The other columns of Q, n x (n - rank) column-major: what is orthogonal to all columns. */
function complementQ(f) {
	return columnsOfQ(f, f.rank, f.n);
}
function columnsOfQ({ n, rank, qr, qraux }, from, to) {
	const q = new Float64Array(n * (to - from));
	for (let j = 0; j < to - from; j++) {
		q[j * n + from + j] = 1;
		for (let l = Math.min(rank, n) - 1; l >= 0; l--) {
			if (qraux[l] === 0) continue;
			const diagonal = qr[l * n + l];
			qr[l * n + l] = qraux[l];
			let t = 0;
			for (let i = l; i < n; i++) t -= qr[l * n + i] * q[j * n + i];
			t /= qr[l * n + l];
			for (let i = l; i < n; i++) q[j * n + i] += t * qr[l * n + i];
			qr[l * n + l] = diagonal;
		}
	}
	return q;
}
/** R of the kept columns, rank x rank row-major upper triangle. */
function upperR(f) {
	const { n, rank, qr } = f;
	const r = new Float64Array(rank * rank);
	for (let j = 0; j < rank; j++) for (let i = 0; i <= j; i++) r[i * rank + j] = qr[j * n + i];
	return r;
}
//#endregion
//#region src/formula/spline-basis.ts
/**
* Columns of regression splines, as R's package splines has them.
*
* B-splines (`bs`) are those of order degree + 1 over the interior knots, without the first unless there is an intercept.
*
* Natural splines (`ns`) are cubic between the boundary knots and linear beyond them. With b(x) the cubic B-splines (again
* without the first) and C = [b''(low), b''(high)] (splines x 2), a curve b(x)'c is natural where C'c = 0. The columns are
* b(x)' times the last columns of Q in the Householder factorisation C = Q R, which span those c; R's choice of signs
* makes them R's columns.
*/
/** Columns that a spline without interior knots has. */
function fewestColumns({ natural, degree, intercept }) {
	return (natural ? 1 : degree) + (intercept ? 1 : 0);
}
/** So many quantiles of the sorted values within the boundary, equally far apart; undefined where one lies on it. */
function quantileKnots(values, count, [low, high]) {
	const inside = sorted(values.filter((value) => value >= low && value <= high));
	const step = 1 / (count + 1);
	const knots = Array.from({ length: count }, (_, i) => quantileOfSorted(inside, (i + 1) * step));
	return knots.every((knot) => knot > low && knot < high) ? knots : void 0;
}
/**
* The columns of a spline at some values, n x columns column-major. Missing values are missing in all columns, infinite
* ones infinite. Beyond the boundary the polynomials of the outermost intervals go on, or the lines of a natural spline.
*/
function splineColumns(shape, { knots, boundary }, values) {
	const splines = bSplines(shape.degree + 1, knots, boundary);
	const first = shape.intercept ? 0 : 1;
	const evaluate = shape.natural ? naturalRow(splines, first, boundary) : plainRow(splines, first);
	const n = values.length;
	const columns = fewestColumns(shape) + knots.length;
	const result = new Float64Array(n * columns);
	const row = new Float64Array(columns);
	for (let i = 0; i < n; i++) {
		const x = values[i];
		if (Number.isFinite(x)) evaluate(x, row);
		else row.fill(x);
		for (let j = 0; j < columns; j++) result[j * n + i] = row[j];
	}
	return result;
}
function plainRow(splines, first) {
	const { order } = splines;
	const nonzero = new Float64Array(order);
	return (x, out) => {
		const l = knotInterval(splines, x);
		nonzeroBSplines(splines, l, x, nonzero);
		out.fill(0);
		for (let j = 0; j < order; j++) {
			const column = l + 1 - order + j - first;
			if (column >= 0) out[column] = nonzero[j];
		}
	};
}
function naturalRow(splines, first, boundary) {
	const { order } = splines;
	const rows = splineCount(splines) - first;
	const nonzero = new Float64Array(order);
	/** Writes the nonzero splines at x, or their derivatives, and returns the place of the first of them among the rows. */
	const splinesAt = (x, derivative) => {
		const l = knotInterval(splines, x);
		nonzeroBSplines(splines, l, x, nonzero, derivative);
		return l + 1 - order - first;
	};
	const curvature = new Float64Array(2 * rows);
	boundary.forEach((end, side) => {
		const from = splinesAt(end, 2);
		nonzero.forEach((value, j) => {
			if (from + j >= 0) curvature[side * rows + from + j] = value;
		});
	});
	const natural = complementQ(pivotedQr(curvature, rows, 2));
	const combine = (x, derivative, out) => {
		const from = splinesAt(x, derivative);
		for (let k = 0; k < out.length; k++) {
			let sum = 0;
			for (let j = Math.max(0, -from); j < order; j++) sum += nonzero[j] * natural[k * rows + from + j];
			out[k] = sum;
		}
	};
	const lines = boundary.map((end) => {
		const value = new Float64Array(rows - 2);
		const slope = new Float64Array(rows - 2);
		combine(end, 0, value);
		combine(end, 1, slope);
		return {
			end,
			value,
			slope
		};
	});
	return (x, out) => {
		const line = x < boundary[0] ? lines[0] : x > boundary[1] ? lines[1] : void 0;
		if (line === void 0) combine(x, 0, out);
		else for (let k = 0; k < out.length; k++) out[k] = line.value[k] + line.slope[k] * (x - line.end);
	};
}
//#endregion
//#region src/formula/syntax.ts
const SYNTACTIC_NAME = /^(?:\.(?![0-9])|\p{L})[\p{L}\p{N}\p{M}._]*$/u;
const RESERVED = new Set([
	"TRUE",
	"FALSE",
	"NULL",
	"NA",
	"NaN",
	"Inf",
	"if",
	"else",
	"for",
	"while",
	"function",
	"in"
]);
/** Operators that R's deparse writes without blanks. */
const TIGHT = new Set([
	"^",
	":",
	"/",
	"%%",
	"%/%"
]);
/** A name as it stands in a longer expression: in back-ticks when it is no plain R name. */
function quotedName(name) {
	if (SYNTACTIC_NAME.test(name) && !RESERVED.has(name)) return name;
	return `\`${name.replaceAll("\\", "\\\\").replaceAll("`", "\\`")}\``;
}
/** A label or a name as a user writes it, without the back-ticks round it. */
function bareName(label) {
	return label.replace(/^`([^`]*)`$/, "$1");
}
/** The text of an expression as R's `deparse` writes it; terms and coefficients are named by it. */
function deparse(expression) {
	switch (expression.type) {
		case "number": return expression.integer ? `${expression.value}L` : numberText(expression.value);
		case "string": return JSON.stringify(expression.value);
		case "logical": return expression.value ? "TRUE" : "FALSE";
		case "missing": return "NA";
		case "name": return quotedName(expression.name);
		case "parenthesis": return `(${deparse(expression.inner)})`;
		case "unary": return `${expression.operator}${deparse(expression.operand)}`;
		case "binary": {
			const blank = TIGHT.has(expression.operator) ? "" : " ";
			return `${deparse(expression.left)}${blank}${expression.operator}${blank}${deparse(expression.right)}`;
		}
		case "call": {
			const parts = expression.arguments.map((argument) => argument.name === void 0 ? deparse(argument.value) : `${quotedName(argument.name)} = ${deparse(argument.value)}`);
			return `${expression.name}(${parts.join(", ")})`;
		}
	}
}
/** Text of an expression that stands alone: a bare column name goes without back-ticks. */
function standaloneText(expression) {
	return expression.type === "name" ? expression.name : deparse(expression);
}
/** Visits an expression and all its parts, from left to right. */
function visit(expression, visitor) {
	visitor(expression);
	switch (expression.type) {
		case "parenthesis":
			visit(expression.inner, visitor);
			break;
		case "unary":
			visit(expression.operand, visitor);
			break;
		case "binary":
			visit(expression.left, visitor);
			visit(expression.right, visitor);
			break;
		case "call":
			for (const argument of expression.arguments) visit(argument.value, visitor);
			break;
	}
}
/** Names that stand for numbers where the table has no such column. */
const NAMED_NUMBERS = new Map([["pi", Math.PI]]);
/** Adds the names that an expression reads to `names`: columns, and numbers such as `pi`. */
function collectNames(expression, names) {
	visit(expression, (part) => {
		if (part.type === "name") names.add(part.name);
	});
}
//#endregion
//#region src/formula/training.ts
/** Nothing learned yet. */
function startTraining(meanRows) {
	return {
		known: /* @__PURE__ */ new Map(),
		replay: false,
		meanRows
	};
}
/** What a call learned, where it is to be applied; undefined where it has to learn. */
function recall(training, kind, call) {
	if (!training?.replay) return void 0;
	const found = training.known.get(call);
	if (found?.kind !== kind) throw new Error(`'${call}' has not been trained`);
	return found;
}
/** Keeps what a call learned. */
function learn(training, entry) {
	if (training && !training.replay) training.known.set(entry.call, entry);
}
//#endregion
//#region src/formula/source.ts
/** Longest excerpt that a message shows; longer texts are cut round the mistake. */
const EXCERPT = 100;
/** An error that shows the text with a caret under column `position` (from 1, in UTF-16 units). */
function sourceError(source, position, message, remedy) {
	return new FitError(source.tag, `${message} (${source.noun}, column ${position})\n${excerpt(source.text, position)}`, {
		position,
		source: source.text,
		...remedy === void 0 ? {} : { remedy },
		...source.option === void 0 ? {} : { option: source.option }
	});
}
/** The text on one line, and a caret under the column. */
function excerpt(text, position) {
	const line = text.replace(/\s/g, " ");
	let from = 0;
	if (line.length > EXCERPT) from = Math.max(0, Math.min(position - EXCERPT / 2, line.length - EXCERPT));
	const shown = line.slice(from, from + EXCERPT);
	const before = from > 0 ? "..." : "";
	return `  ${before}${shown}${from + EXCERPT < line.length ? "..." : ""}\n  ${" ".repeat(before.length + position - 1 - from)}^`;
}
/** The source of a formula, for messages. */
function formulaSource(text) {
	return {
		text,
		noun: "formula",
		tag: "FormulaError"
	};
}
//#endregion
//#region src/formula/value.ts
/** What a value is, for messages. */
function describe(value) {
	switch (value.kind) {
		case "numeric": return "numeric";
		case "logical": return "logical";
		case "factor": return "a factor (text)";
		case "matrix": return "a matrix of several columns";
		case "constant": return value.values.length === 1 ? "a constant" : "a list of constants";
	}
}
/** The value as numbers, one a row or one constant; anything else is misuse. */
function numbersOf$1(value, expression, scope) {
	if (value.kind === "numeric" || value.kind === "logical") return value.values;
	if (value.kind === "constant" && value.values.length === 1 && typeof value.values[0] !== "string") return Number(value.values[0]);
	const remedy = value.kind === "factor" ? "Arithmetic needs a column in which every value is a number." : void 0;
	throw sourceError(scope.source, expression.position, `'${deparse(expression)}' is ${describe(value)}, not numbers`, remedy);
}
/** Applies a function of one number entry by entry. */
function mapNumbers(numbers, f, kind) {
	if (typeof numbers === "number") {
		const result = f(numbers);
		return constant(kind === "logical" && !Number.isNaN(result) ? result === 1 : result);
	}
	const values = new Float64Array(numbers.length);
	for (let i = 0; i < values.length; i++) values[i] = f(numbers[i]);
	return {
		kind,
		values
	};
}
/** Applies a function of two numbers entry by entry; a constant goes with every row. */
function mapPairs(left, right, f, kind) {
	if (typeof left === "number") return mapNumbers(right, (y) => f(left, y), kind);
	if (typeof right === "number") return mapNumbers(left, (x) => f(x, right), kind);
	const values = new Float64Array(left.length);
	for (let i = 0; i < values.length; i++) values[i] = f(left[i], right[i]);
	return {
		kind,
		values
	};
}
function constant(value) {
	return {
		kind: "constant",
		values: [value]
	};
}
function scopeRows(scope) {
	return scope.rows?.length ?? scope.table.rows;
}
//#endregion
//#region src/formula/basis-call.ts
/** `scale`: centred by the mean and divided by the standard deviation of the values that are there. */
function scaleColumn(given) {
	const { training } = given.scope;
	const { text } = given;
	const x = given.column("x");
	const trained = recall(training, "scale", text);
	if (trained) return mapNumbers(x, (value) => (value - trained.center) / trained.scale, "numeric");
	const center = given.option("center", true);
	const scaling = given.option("scale", true);
	let count = 0;
	let sum = 0;
	for (let i = 0; i < x.length; i++) {
		if (Number.isNaN(x[i])) continue;
		count++;
		sum += x[i];
	}
	const mean = typeof center === "number" ? center : center ? sum / count : 0;
	let squares = 0;
	for (let i = 0; i < x.length; i++) if (!Number.isNaN(x[i])) squares += (x[i] - mean) ** 2;
	const deviation = typeof scaling === "number" ? scaling : scaling ? Math.sqrt(squares / Math.max(1, count - 1)) : 1;
	if (count > 0 && deviation === 0) given.fail(void 0, `'${deparse(given.expression("x"))}' does not vary, scale() divides by zero`);
	learn(training, {
		kind: "scale",
		call: text,
		center: mean,
		scale: deviation
	});
	return mapNumbers(x, (value) => (value - mean) / deviation, "numeric");
}
/** The most powers that `poly` gives; beyond that the columns are noise. */
const MAXIMUM_DEGREE = 95;
/** `poly`: orthogonal polynomials, or powers. */
function polynomial(given) {
	const { training } = given.scope;
	const x = given.column("x");
	const degree = given.wholeNumber("degree", 1, 1, MAXIMUM_DEGREE);
	let values;
	if (given.isOn("raw", false)) {
		values = new Float64Array(x.length * degree);
		for (let k = 0; k < degree; k++) for (let i = 0; i < x.length; i++) values[k * x.length + i] = x[i] ** (k + 1);
	} else {
		const { text } = given;
		const known = recall(training, "poly", text);
		const trained = known ? void 0 : trainPolynomial(x, degree);
		if (trained) learn(training, {
			kind: "poly",
			call: text,
			...trained.basis
		});
		values = known ? evaluatePolynomial(known, x) : trained?.values;
	}
	if (values === void 0) given.fail(void 0, `poly() of degree ${degree} needs more than ${degree} different values of '${deparse(given.expression("x"))}'`, "Lower the degree.");
	return numberedColumns(values, degree);
}
/** One column of numbers, or several named by their places. */
function numberedColumns(values, count) {
	if (count === 1) return {
		kind: "numeric",
		values
	};
	return {
		kind: "matrix",
		values,
		suffixes: Array.from({ length: count }, (_, k) => String(k + 1))
	};
}
/** Columns of one spline beyond which nobody reads its coefficients. */
const MAXIMUM_COLUMNS = 1e3;
/** `ns` and `bs`: natural splines and B-splines. */
function spline(given) {
	const { training } = given.scope;
	const { text } = given;
	const natural = given.call.name === "ns";
	const x = given.column("x");
	const shape = {
		natural,
		degree: natural ? 3 : given.wholeNumber("degree", 3, 1, MAXIMUM_DEGREE),
		intercept: given.isOn("intercept", false)
	};
	const known = recall(training, "spline", text) ?? knotsOf(given, shape, x);
	learn(training, {
		kind: "spline",
		call: text,
		knots: known.knots,
		boundary: known.boundary
	});
	return numberedColumns(splineColumns(shape, known, x), fewestColumns(shape) + known.knots.length);
}
/** Knots as the call gives them, or from the values: quantiles, and the range as boundary. */
function knotsOf(given, shape, x) {
	const { knots, boundary } = foundKnots(given, shape, x);
	const all = [
		boundary[0],
		...knots,
		boundary[1]
	];
	if (all.slice(1).map((knot, k) => knot - all[k]).some((gap) => gap !== 0 && gap < LEAST_GAP || gap > GREATEST_GAP)) given.fail("x", `${given.call.name}() cannot count with knots from ${all[0]} to ${all[all.length - 1]}`, "Choose another unit for the column.");
	return {
		knots,
		boundary
	};
}
/** Distances of knots whose squares and reciprocals are safely within the range of doubles. */
const LEAST_GAP = 1e-100;
const GREATEST_GAP = 1e100;
function foundKnots(given, shape, x) {
	const { name } = given.call;
	const what = deparse(given.expression("x"));
	const values = x.filter(Number.isFinite);
	const boundary = given.has("Boundary.knots") ? boundaryKnots(given) : rangeOf(values);
	if (!(boundary[0] < boundary[1])) given.fail("x", `${name}() needs two different values of '${what}'`);
	const fewest = fewestColumns(shape);
	const df = given.wholeNumber("df", fewest, fewest, MAXIMUM_COLUMNS);
	if (!given.has("knots")) {
		const knots = quantileKnots(values, df - fewest, boundary);
		if (knots !== void 0) return {
			knots,
			boundary
		};
		given.fail(void 0, `${name}() would place knots at quantiles of '${what}' that lie on its boundary: too many rows have the same value`, "Lower df, or give knots and Boundary.knots.");
	}
	if (given.has("df")) given.fail("df", `${name}() takes df or knots, not both`, "Knots say how many columns there are.");
	const knots = given.numberList("knots").sort((a, b) => a - b);
	if (knots.some((knot) => !(knot > boundary[0] && knot < boundary[1]))) given.fail("knots", `the knots of ${name}() must lie between its boundary knots ${boundary.join(" and ")}`, "Give other knots, or other Boundary.knots.");
	if (knots.length + fewest > MAXIMUM_COLUMNS) given.fail("knots", `${name}() takes at most ${MAXIMUM_COLUMNS} columns`);
	return {
		knots,
		boundary
	};
}
function boundaryKnots(given) {
	const [low, high, ...more] = given.numberList("Boundary.knots").sort((a, b) => a - b);
	if (high !== void 0 && more.length === 0 && low < high && high - low < Number.POSITIVE_INFINITY) return [low, high];
	return given.fail("Boundary.knots", `the Boundary.knots of ${given.call.name}() are two different numbers`, "Write them like c(0, 10).");
}
/** The least and the greatest value; infinities without one. */
function rangeOf(values) {
	let low = Number.POSITIVE_INFINITY;
	let high = Number.NEGATIVE_INFINITY;
	for (const value of values) {
		low = Math.min(low, value);
		high = Math.max(high, value);
	}
	return [low, high];
}
//#endregion
//#region src/formula/comparison.ts
const COMPARISONS = new Map([
	["==", (x, y) => x === y],
	["!=", (x, y) => x !== y],
	["<", (x, y) => x < y],
	["<=", (x, y) => x <= y],
	[">", (x, y) => x > y],
	[">=", (x, y) => x >= y]
]);
const MIRRORED = new Map([
	["<", ">"],
	["<=", ">="],
	[">", "<"],
	[">=", "<="]
]);
/** `left == right` and its kin, entry by entry; missing where either side is. */
function compare(expression, left, right, scope) {
	const { operator } = expression;
	const test = COMPARISONS.get(operator);
	if (test === void 0) throw sourceError(scope.source, expression.position, `'${operator}' has no meaning here`);
	if (left.kind === "factor") return compareFactor(expression, operator, left, right, scope);
	if (right.kind === "factor") return compareFactor(expression, MIRRORED.get(operator) ?? operator, right, left, scope);
	const leftText = textConstant(left);
	const rightText = textConstant(right);
	if (leftText !== void 0 && rightText !== void 0) return constant(test(leftText < rightText ? -1 : leftText > rightText ? 1 : 0, 0));
	return mapPairs(leftText === void 0 ? numbersOf$1(left, expression.left, scope) : numberOfText(expression, leftText, right, deparse(expression.right), scope), rightText === void 0 ? numbersOf$1(right, expression.right, scope) : numberOfText(expression, rightText, left, deparse(expression.left), scope), threeValued(test), "logical");
}
/** `left %in% right`; a missing value is among the constants only if NA is one of them. */
function isAmong(expression, left, right, scope) {
	if (right.kind !== "constant") throw sourceError(scope.source, expression.right.position, "%in% needs a list of constants on its right", "Write it like column %in% c('a', 'b').");
	const missing = right.values.some((value) => typeof value === "number" && Number.isNaN(value));
	if (left.kind === "factor") {
		const wanted = new Set(right.values.map(constantText));
		const hits = Uint8Array.from(left.levels, (level) => wanted.has(level) ? 1 : 0);
		return codesTo(left, (code) => code < 0 ? missing ? 1 : 0 : hits[code]);
	}
	const text = textConstant(left);
	if (text !== void 0) return constant(right.values.some((value) => constantText(value) === text));
	const wanted = new Set(right.values.map((value) => typeof value === "string" ? numberOfText(expression, value, left, deparse(expression.left), scope) : Number(value)));
	return mapNumbers(numbersOf$1(left, expression.left, scope), (x) => wanted.has(x) ? 1 : 0, "logical");
}
function compareFactor(expression, operator, factor, other, scope) {
	const test = COMPARISONS.get(operator) ?? (() => false);
	const equality = operator === "==" || operator === "!=";
	if (other.kind === "factor" && equality) {
		const position = new Map(factor.levels.map((level, code) => [level, code]));
		const translated = Int32Array.from(other.levels, (level) => position.get(level) ?? -2);
		const values = new Float64Array(scopeRows(scope));
		for (let i = 0; i < values.length; i++) {
			const a = factor.codes[i];
			const b = other.codes[i];
			values[i] = a < 0 || b < 0 ? NaN : test(a, translated[b]) ? 1 : 0;
		}
		return {
			kind: "logical",
			values
		};
	}
	if (other.kind !== "constant" || other.values.length !== 1) throw sourceError(scope.source, expression.position, `${operator} cannot compare a factor with ${describe(other)}`, other.kind === "constant" ? "Write %in% for a list of values." : "Compare it with one of its levels in quotes.");
	const [value] = other.values;
	if (typeof value === "number" && Number.isNaN(value)) return codesTo(factor, () => NaN);
	const wanted = factor.levels.indexOf(constantText(value));
	if (!equality && (!factor.ordered || wanted < 0)) throw sourceError(scope.source, expression.position, factor.ordered ? `'${constantText(value)}' is not one of the levels ${factor.levels.join(", ")}` : `${operator} has no meaning for a factor without order`, factor.ordered ? void 0 : "Declare the column ordered (“ordered: COLUMN=LEVEL1,LEVEL2”), or use == or %in%.");
	return codesTo(factor, (code) => code < 0 ? NaN : test(code, wanted) ? 1 : 0);
}
function codesTo(factor, f) {
	const values = new Float64Array(factor.codes.length);
	for (let i = 0; i < values.length; i++) values[i] = f(factor.codes[i]);
	return {
		kind: "logical",
		values
	};
}
function threeValued(test) {
	return (x, y) => Number.isNaN(x) || Number.isNaN(y) ? NaN : test(x, y) ? 1 : 0;
}
/** A constant as a level of a factor would be written. */
function constantText(value) {
	if (typeof value === "number") return Number.isInteger(value) && Math.abs(value) < 2 ** 31 ? String(value) : numberText(value);
	return typeof value === "boolean" ? value ? "TRUE" : "FALSE" : value;
}
function textConstant(value) {
	if (value.kind !== "constant" || value.values.length !== 1) return void 0;
	const [first] = value.values;
	return typeof first === "string" ? first : void 0;
}
/** A quoted value that is compared with numbers or logicals: fine when it says one. */
function numberOfText(expression, text, other, name, scope) {
	if (other.kind === "logical" && /^(?:TRUE|FALSE|true|false)$/.test(text)) return text.toUpperCase() === "TRUE" ? 1 : 0;
	const number = text.trim() === "" ? NaN : Number(text);
	if (!Number.isNaN(number)) return number;
	throw sourceError(scope.source, expression.position, `'${name}' is ${describe(other)}, "${text}" is text`, "Compare it with a number, or declare the column a factor.");
}
//#endregion
//#region src/types/residual.ts
/**
* Plain data of structured covariances: what the residuals of a subject are to each other, and how their standard
* deviations move with the data. Structures have mmrm's names.
*/
/**
* Correlations, and standard deviations: one for all, or (h, `us`, `diag`) one a visit.
*
*     us    any covariance                       toep, toeph  one correlation a lag
*     cs, csh    one correlation for all pairs   ad, adh      products of the correlations of neighbours
*     ar1, ar1h  rho^|i - j| over the visits     diag         none
*     sp_exp     exp(-|t_i - t_j| / range) over times
*/
const STRUCTURES = [
	"us",
	"cs",
	"csh",
	"ar1",
	"ar1h",
	"toep",
	"toeph",
	"ad",
	"adh",
	"diag",
	"sp_exp"
];
/** Whether a structure has a standard deviation for each visit. */
function isHeterogeneous(name) {
	return name === "us" || name === "diag" || name.endsWith("h");
}
/** Whether a row depends on the rows before it over its neighbour alone. */
function isMarkov(name) {
	return [
		"ar1",
		"ar1h",
		"ad",
		"adh",
		"sp_exp"
	].includes(name);
}
//#endregion
//#region src/formula/numeric-functions.ts
/** Functions of one number that formulas may call; a missing value (NaN) stays missing. */
/** Functions of one number, by R's names. */
const NUMERIC_FUNCTIONS = new Map([
	["log2", Math.log2],
	["log10", Math.log10],
	["log1p", Math.log1p],
	["sqrt", Math.sqrt],
	["exp", Math.exp],
	["abs", Math.abs],
	["sign", Math.sign],
	["floor", Math.floor],
	["ceiling", Math.ceil],
	["sin", Math.sin],
	["cos", Math.cos],
	["tan", Math.tan],
	["asin", Math.asin],
	["acos", Math.acos],
	["atan", Math.atan],
	["tanh", Math.tanh],
	["sinpi", sinpi],
	["cospi", cospi]
]);
/** sin(pi x), exact at multiples of one half. */
function sinpi(x) {
	const rest = x % 2;
	const turn = rest <= -1 ? rest + 2 : rest > 1 ? rest - 2 : rest;
	if (turn === 0 || turn === 1) return 0;
	if (Math.abs(turn) === .5) return Math.sign(turn);
	return Math.sin(Math.PI * turn);
}
/** cos(pi x), exact at multiples of one half. */
function cospi(x) {
	const turn = Math.abs(x % 2);
	if (turn === .5 || turn === 1.5) return 0;
	if (turn === 1) return -1;
	return Math.cos(Math.PI * turn);
}
/** Significant digits that a double carries whatever its value. */
const DOUBLE_DIGITS = 15;
/**
* The nearer of the two numbers with so many decimal places on either side of x, both as doubles; the even one where they
* are equally near (R's rule since 4.0.0).
*/
function roundTo(x, digits) {
	if (!Number.isFinite(x) || x === 0) return x;
	const before = Math.LOG10E * Math.LN2 * (.5 + Math.floor(Math.log2(Math.abs(x))));
	if (digits > 0 && digits + before > DOUBLE_DIGITS) return x;
	if (digits < -before - 1) return 0;
	const power = 10 ** Math.abs(digits);
	const [up, down] = digits >= 0 ? [power, 1] : [1, power];
	const below = Math.floor(x * up / down);
	const [low, high] = [below, Math.ceil(x * up / down)].map((whole) => whole * down / up);
	const [fromLow, toHigh] = [x - low, high - x];
	return fromLow < toHigh || fromLow === toHigh && below % 2 === 0 ? low : high;
}
//#endregion
//#region src/formula/functions.ts
/** Functions that take any number of arguments under any names. */
const LISTS = "lists";
const CUT_PARAMETERS = [
	"x",
	"breaks",
	"labels",
	"include.lowest",
	"right",
	"dig.lab",
	"ordered_result"
];
const SIGNATURES = new Map([
	["I", {
		parameters: ["x"],
		required: 1
	}],
	["log", {
		parameters: ["x", "base"],
		required: 1
	}],
	...[
		...NUMERIC_FUNCTIONS.keys(),
		"is.na",
		"as.factor"
	].map((name) => [name, {
		parameters: ["x"],
		required: 1
	}]),
	["round", {
		parameters: ["x", "digits"],
		required: 1
	}],
	["pmin", {
		parameters: ["na.rm"],
		required: 1,
		variadic: true
	}],
	["pmax", {
		parameters: ["na.rm"],
		required: 1,
		variadic: true
	}],
	["poly", {
		parameters: [
			"x",
			"degree",
			"raw"
		],
		required: 1
	}],
	["ns", {
		parameters: [
			"x",
			"df",
			"knots",
			"intercept",
			"Boundary.knots"
		],
		required: 1
	}],
	["bs", {
		parameters: [
			"x",
			"df",
			"knots",
			"degree",
			"intercept",
			"Boundary.knots"
		],
		required: 1
	}],
	["scale", {
		parameters: [
			"x",
			"center",
			"scale"
		],
		required: 1
	}],
	["factor", {
		parameters: [
			"x",
			"levels",
			"labels",
			"ordered"
		],
		required: 1
	}],
	["ordered", {
		parameters: [
			"x",
			"levels",
			"labels"
		],
		required: 1
	}],
	["relevel", {
		parameters: ["x", "ref"],
		required: 2
	}],
	["cut", {
		parameters: CUT_PARAMETERS,
		required: 2
	}],
	["interaction", {
		parameters: [
			"drop",
			"sep",
			"lex.order"
		],
		required: 1,
		variadic: true
	}],
	["ifelse", {
		parameters: [
			"test",
			"yes",
			"no"
		],
		required: 3
	}],
	["within", {
		parameters: ["x", "g"],
		required: 2
	}],
	["between", {
		parameters: ["x", "g"],
		required: 2
	}],
	["offset", {
		parameters: ["object"],
		required: 1
	}],
	["c", LISTS],
	["cbind", LISTS]
]);
/** Structures that the covariance of a random term may have: `ar1(0 + visit | g)`; `us` is what a bar alone means. */
const TERM_STRUCTURES = [
	"us",
	"cs",
	"ar1",
	"diag"
];
function isTermStructure(name) {
	return TERM_STRUCTURES.some((structure) => structure === name);
}
/** The bar within `ar1(0 + visit | g)`; throws the error of the source for a call without one. */
function structuredBar(call, source) {
	const { name, position } = call;
	if (!isTermStructure(name)) throw sourceError(source, position, `${name} is no structure of random effects`, `They have ${TERM_STRUCTURES.join(", ")}; of residuals there is “residual: ${name}(visit | subject)”.`);
	const [bar, more] = call.arguments;
	if (bar?.value.type === "binary" && bar.value.operator === "|" && bar.name === void 0 && more === void 0) return bar.value;
	throw sourceError(source, bar?.value.type === "binary" && bar.value.operator === "||" ? bar.value.position : position, `${name}() holds one random term, with one bar`, `Write it like ${name}(0 + visit | group).`);
}
/** Refuses calls of unknown functions and calls with arguments that do not fit. */
function checkCall(call, source) {
	if (source.noun === "formula" && STRUCTURES.some((structure) => structure === call.name)) {
		structuredBar(call, source);
		return;
	}
	const signature = SIGNATURES.get(call.name);
	if (signature === void 0) {
		const near = nearestName(call.name, SIGNATURES.keys());
		throw sourceError(source, call.position, `unknown function '${call.name}'${near === void 0 ? "" : `; did you mean '${near}'?`}`, `Functions are ${[...SIGNATURES.keys()].join(", ")}; compute anything else into a column of the table.`);
	}
	if (signature === LISTS) {
		if (call.arguments.length === 0) throw sourceError(source, call.position, `${call.name}() needs an argument`);
		return;
	}
	const { parameters, required, variadic = false } = signature;
	for (const argument of call.arguments) if (argument.name !== void 0 && !parameters.includes(argument.name)) {
		const near = nearestName(argument.name, parameters);
		throw sourceError(source, argument.value.position, `${call.name}() has no argument '${argument.name}'${near === void 0 ? "" : `; did you mean '${near}'?`}`, variadic ? `By name it takes ${parameters.join(", ")}.` : `Its arguments are ${parameters.join(", ")}.`);
	}
	const named = call.arguments.flatMap((argument) => argument.name ?? []);
	const most = variadic ? Number.POSITIVE_INFINITY : parameters.length;
	if (call.arguments.length > most || new Set(named).size < named.length) throw sourceError(source, call.position, `too many arguments for ${call.name}()`, `Its arguments are ${parameters.join(", ")}.`);
	if (variadic) {
		if (call.arguments.length - named.length >= required) return;
		throw sourceError(source, call.position, `${call.name}() needs ${required === 1 ? "an argument" : `${required} arguments`}`);
	}
	const given = matchArguments(call);
	for (const parameter of parameters.slice(0, required)) if (!given.has(parameter)) throw sourceError(source, call.position, `${call.name}() needs the argument '${parameter}'`);
}
/** Arguments of a checked call by parameter: named ones first, the others in order. */
function matchArguments(call) {
	const signature = SIGNATURES.get(call.name);
	const matched = /* @__PURE__ */ new Map();
	if (signature === void 0 || signature === LISTS) return matched;
	for (const argument of call.arguments) if (argument.name !== void 0) matched.set(argument.name, argument.value);
	if (signature.variadic) return matched;
	const free = signature.parameters.filter((parameter) => !matched.has(parameter));
	let next = 0;
	for (const argument of call.arguments) if (argument.name === void 0) matched.set(free[next++], argument.value);
	return matched;
}
//#endregion
//#region src/formula/call-arguments.ts
/** The arguments of a call that `checkCall` has found to fit, evaluated as they are asked for. */
var CallArguments = class {
	call;
	scope;
	evaluate;
	#given;
	constructor(call, scope, evaluate) {
		this.call = call;
		this.scope = scope;
		this.evaluate = evaluate;
		this.#given = matchArguments(call);
	}
	/** The call as R would write it: what it learns goes by this text. */
	get text() {
		return deparse(this.call);
	}
	has(name) {
		return this.#given.has(name);
	}
	expression(name) {
		return this.#given.get(name) ?? this.fail(void 0, `${this.call.name}() needs '${name}'`);
	}
	/** The arguments without a name of a function that takes any number of them. */
	get rest() {
		return this.call.arguments.flatMap(({ name, value }) => name === void 0 ? [value] : []);
	}
	value(name) {
		return this.evaluate(this.expression(name), this.scope);
	}
	/** One number a row, or one constant. */
	numbers(name) {
		const expression = this.expression(name);
		return numbersOf$1(this.evaluate(expression, this.scope), expression, this.scope);
	}
	/** A numeric column of the scope; constants do not do. */
	column(name) {
		const numbers = this.numbers(name);
		if (typeof numbers !== "number") return numbers;
		return this.fail(name, `${this.call.name}() needs a column, not a constant`);
	}
	/** A switch or a number: `scale = FALSE`, `center = 10`. */
	option(name, fallback) {
		if (!this.has(name)) return fallback;
		const value = this.value(name);
		if (value.kind === "constant" && value.values.length === 1) {
			const [first] = value.values;
			if (typeof first !== "string" && !Number.isNaN(first)) return first;
		}
		return this.fail(name, `${this.call.name}() needs TRUE, FALSE or a number here`);
	}
	isOn(name, fallback) {
		return Boolean(this.option(name, fallback));
	}
	wholeNumber(name, fallback, minimum, maximum) {
		if (!this.has(name)) return fallback;
		const number = this.option(name, false);
		if (typeof number === "number" && Number.isInteger(number) && number >= minimum && number <= maximum) return number;
		return this.fail(name, `the ${name} of ${this.call.name}() must be a whole number from ${minimum} to ${maximum}`);
	}
	/** Constants, as one or in `c(...)`. */
	constants(name, example) {
		const value = this.value(name);
		if (value.kind === "constant") return value.values;
		return this.fail(name, `${this.call.name}() needs constants here`, `Write them like ${example}.`);
	}
	/** Constants that are numbers, none of them missing. */
	numberList(name) {
		return this.constants(name, "c(1, 2.5)").map((value) => typeof value === "number" && !Number.isNaN(value) ? value : this.fail(name, `${this.call.name}() needs numbers here`, "Write them like c(1, 2.5)."));
	}
	/** Distinct constants as texts of levels. */
	texts(name) {
		const found = this.constants(name, "c('a', 'b')").map(constantText);
		if (new Set(found).size < found.length) this.fail(name, "a level comes twice");
		return found;
	}
	/** Raises the error of the source at an argument, or at the call. */
	fail(name, message, remedy) {
		const at = (name === void 0 ? void 0 : this.#given.get(name)) ?? this.call;
		throw sourceError(this.scope.source, at.position, message, remedy);
	}
};
//#endregion
//#region src/formula/elementwise.ts
/** `log(x, base)`. */
function logarithm(given) {
	if (!given.has("base")) return mapNumbers(given.numbers("x"), Math.log, "numeric");
	return mapPairs(given.numbers("x"), given.numbers("base"), (x, b) => Math.log(x) / Math.log(b), "numeric");
}
/** Decimal places either way beyond which `round` changes nothing, or leaves nothing, of ordinary numbers. */
const MOST_PLACES = 300;
/** `round(x, digits)`. */
function rounded(given) {
	const digits = given.wholeNumber("digits", 0, -MOST_PLACES, MOST_PLACES);
	return mapNumbers(given.numbers("x"), (x) => roundTo(x, digits), "numeric");
}
/** `pmin` and `pmax`: the least or greatest of the arguments in each row; `na.rm` passes over missing ones. */
function extremes(given) {
	const { call, scope, evaluate } = given;
	const choose = call.name === "pmin" ? Math.min : Math.max;
	const skip = given.isOn("na.rm", false);
	const pick = (x, y) => {
		if (skip && Number.isNaN(x)) return y;
		return skip && Number.isNaN(y) ? x : choose(x, y);
	};
	const [first, ...others] = given.rest.map((expression) => numbersOf$1(evaluate(expression, scope), expression, scope));
	return others.reduce((value, next) => mapPairs(numbersOf$1(value, call, scope), next, pick, "numeric"), mapNumbers(first, (x) => x, "numeric"));
}
//#endregion
//#region src/formula/grouping.ts
/** The grouping factors of the right side of a random term, in lme4's order: `a/b` gives `b:a` and `a`. */
function parseGrouping(expression, source) {
	const outer = stripParentheses(expression);
	if (outer.type === "binary" && outer.operator === "/") {
		const inner = parseInteraction(outer.right, source);
		const nesting = parseGrouping(outer.left, source);
		const [nearest] = nesting;
		const nearestName = nearest.variables.length > 1 ? `(${nearest.name})` : quoted(nearest);
		return [{
			name: `${inner.variables.length > 1 ? inner.name : quoted(inner)}:${nearestName}`,
			variables: [...inner.variables, ...nearest.variables]
		}, ...nesting];
	}
	return [parseInteraction(outer, source)];
}
/** Within a longer name a single variable keeps its back-ticks. */
function quoted(group) {
	return group.variables[0].label;
}
/** One grouping factor: a column, a call, or an interaction `a:b` of them. */
function parseInteraction(expression, source) {
	const variables = [];
	collectAtoms(expression, source, variables);
	const seen = /* @__PURE__ */ new Set();
	for (const { label, expression: atom } of variables) {
		if (seen.has(label)) throw sourceError(source, atom.position, `'${label}' comes twice in a grouping factor`);
		seen.add(label);
	}
	return {
		name: standaloneText(stripParentheses(expression)),
		variables
	};
}
function collectAtoms(expression, source, variables) {
	const inner = stripParentheses(expression);
	if (inner.type === "binary" && inner.operator === ":") {
		collectAtoms(inner.left, source, variables);
		collectAtoms(inner.right, source, variables);
		return;
	}
	if (inner.type === "name" || inner.type === "call") {
		variables.push({
			label: deparse(inner),
			expression: inner
		});
		return;
	}
	const number = inner.type === "number" || inner.type === "string" || inner.type === "logical";
	throw sourceError(source, inner.position, number ? `${deparse(inner)} is no grouping factor` : "this is no grouping factor", "A grouping factor is a column, an interaction a:b or a nesting a/b.");
}
function stripParentheses(expression) {
	return expression.type === "parenthesis" ? stripParentheses(expression.inner) : expression;
}
/** A numeric vector as a factor: levels sorted by number, named as R prints them; NaN becomes -1. */
function factorOfNumbers(values) {
	const distinct = /* @__PURE__ */ new Set();
	for (let i = 0; i < values.length; i++) if (!Number.isNaN(values[i])) distinct.add(values[i]);
	const sorted = Float64Array.from(distinct).sort();
	const texts = levelTexts(sorted);
	const levels = [...new Set(texts)];
	const position = new Map(levels.map((level, index) => [level, index]));
	const codeOf = /* @__PURE__ */ new Map();
	for (const [i, value] of sorted.entries()) codeOf.set(value, position.get(texts[i]) ?? -1);
	const codes = new Int32Array(values.length);
	for (let i = 0; i < values.length; i++) codes[i] = codeOf.get(values[i]) ?? -1;
	return {
		levels,
		codes
	};
}
/** The interaction of factors without missing codes; only the combinations in use get a level. */
function interactionOf(factors) {
	let current = dropUnused(factors[0]);
	for (const factor of factors.slice(1)) {
		const width = factor.levels.length;
		const { used, codes } = compact(factor.codes.length, current.levels.length * width, (i) => current.codes[i] * width + factor.codes[i]);
		const outer = current.levels;
		current = {
			levels: used.map((code) => `${outer[Math.floor(code / width)]}:${factor.levels[code % width]}`),
			codes
		};
	}
	return current;
}
/**
* The interaction of two factors that may have missing codes; -1 where either is missing. Only combinations in use get a
* level, those of the outer factor's first level first; `join` names them.
*/
function interactionOfAll(outer, inner, join = (outerLevel, innerLevel) => `${outerLevel}:${innerLevel}`) {
	const width = inner.levels.length;
	const { used, codes } = compact(outer.codes.length, outer.levels.length * width, (i) => outer.codes[i] < 0 || inner.codes[i] < 0 ? -1 : outer.codes[i] * width + inner.codes[i]);
	return {
		levels: used.map((code) => join(outer.levels[Math.floor(code / width)], inner.levels[code % width])),
		codes
	};
}
/** Renumbers the levels of a factor so that only those in use are left, in their order. */
function dropUnused(factor) {
	const { used, codes } = compact(factor.codes.length, factor.levels.length, (i) => factor.codes[i]);
	if (used.length === factor.levels.length) return {
		levels: factor.levels,
		codes: factor.codes
	};
	return {
		levels: used.map((code) => factor.levels[code]),
		codes
	};
}
/** Largest table of codes, as a multiple of the rows, that is kept as an array; above it a hash. */
const DENSE_FACTOR = 4;
/** Codes in use, increasing, and the rank of each row's code among them; a negative code stays -1. */
function compact(n, range, codeAt) {
	const codes = new Int32Array(n);
	if (range <= DENSE_FACTOR * n + 1e3) {
		const ranks = new Int32Array(range);
		for (let i = 0; i < n; i++) {
			const code = codeAt(i);
			if (code >= 0) ranks[code] = 1;
		}
		const used = [];
		for (let code = 0; code < range; code++) if (ranks[code] === 1) {
			ranks[code] = used.length;
			used.push(code);
		}
		for (let i = 0; i < n; i++) {
			const code = codeAt(i);
			codes[i] = code < 0 ? -1 : ranks[code];
		}
		return {
			used,
			codes
		};
	}
	const distinct = /* @__PURE__ */ new Set();
	for (let i = 0; i < n; i++) distinct.add(codeAt(i));
	const used = [...distinct].filter((code) => code >= 0).sort((a, b) => a - b);
	const ranks = new Map(used.map((code, rank) => [code, rank]));
	for (let i = 0; i < n; i++) codes[i] = ranks.get(codeAt(i)) ?? -1;
	return {
		used,
		codes
	};
}
//#endregion
//#region src/formula/factor-call.ts
/** Any value as a factor: numbers in increasing order, logicals FALSE before TRUE. */
function toFactor(value, expression, scope) {
	switch (value.kind) {
		case "factor": return value;
		case "numeric": return {
			kind: "factor",
			...factorOfNumbers(value.values),
			ordered: false
		};
		case "logical": {
			const codes = new Int32Array(value.values.length);
			for (let i = 0; i < codes.length; i++) codes[i] = Number.isNaN(value.values[i]) ? -1 : value.values[i];
			return {
				kind: "factor",
				levels: ["FALSE", "TRUE"],
				codes,
				ordered: false
			};
		}
		default: throw sourceError(scope.source, expression.position, `'${deparse(expression)}' is ${describe(value)}`);
	}
}
/** `factor`, `ordered` and `as.factor`: the levels that are found are learned. */
function factor$1(given) {
	const { call, scope, text } = given;
	const expression = given.expression("x");
	const value = given.value("x");
	const trained = recall(scope.training, "factor", text);
	const from = trained ? trainedFactor(trained.levels, value, expression, scope) : toFactor(value, expression, scope);
	let { levels, codes } = from;
	const ordered = call.name === "ordered" || given.isOn("ordered", from.ordered);
	if (given.has("levels")) {
		const wanted = given.texts("levels");
		const position = new Map(wanted.map((level, code) => [level, code]));
		const translated = levels.map((level) => position.get(level) ?? -1);
		codes = codes.map((code) => code < 0 ? -1 : translated[code]);
		levels = wanted;
	} else if (call.name !== "as.factor" && !trained) ({levels, codes} = dropUnused({
		levels,
		codes
	}));
	learn(scope.training, {
		kind: "factor",
		call: text,
		levels
	});
	if (given.has("labels")) {
		const labels = given.texts("labels");
		const known = trained ? Math.min(levels.length, trained.levels.length) : levels.length;
		if (labels.length !== known) given.fail("labels", `${labels.length} labels for ${levels.length} levels (${levels.join(", ")})`);
		levels = [...labels, ...levels.slice(known)];
	}
	return {
		kind: "factor",
		levels,
		codes,
		ordered
	};
}
/** A factor of other data in the levels that a call was trained on. */
function trainedFactor(levels, value, expression, scope) {
	const ordered = value.kind === "factor" && value.ordered;
	if (value.kind === "numeric") return {
		kind: "factor",
		...extendNumberLevels(levels, value.values),
		ordered
	};
	return {
		kind: "factor",
		...extendLevels(levels, toFactor(value, expression, scope)),
		ordered
	};
}
/** `relevel`: one of the levels comes first. */
function relevel(given) {
	const { scope, text } = given;
	const expression = given.expression("x");
	const value = given.value("x");
	const trained = recall(scope.training, "factor", text);
	const { levels, codes, ordered } = trained ? trainedFactor(trained.levels, value, expression, scope) : toFactor(value, expression, scope);
	learn(scope.training, {
		kind: "factor",
		call: text,
		levels
	});
	const [wanted, ...more] = given.texts("ref");
	const first = levels.indexOf(wanted);
	if (first < 0 || more.length > 0) given.fail("ref", "ref must be one of the levels", `They are ${levels.join(", ")}.`);
	const moved = [wanted, ...levels.filter((_, code) => code !== first)];
	const shift = (code) => code === first ? 0 : code >= 0 && code < first ? code + 1 : code;
	return {
		kind: "factor",
		levels: moved,
		codes: codes.map(shift),
		ordered
	};
}
//#endregion
//#region src/formula/group-means.ts
/**
* Mean of x in the group of each row; NaN where x or the group is missing.
*
* Learning, means are taken over the rows that the training names (those of the fit), so that the between part of a
* covariate is a property of the data that were fitted. For other data a group that was trained keeps its mean, whatever
* values its new rows have; a new group has the mean of its own rows.
*/
function groupMeans(x, groups, call, training) {
	const trained = recall(training, "means", call);
	const { levels, codes } = trained ? extendLevels(trained.levels, groups) : groups;
	const means = meansByGroup(x, codes, levels.length, training?.replay ? void 0 : training?.meanRows);
	if (trained) means.set(trained.means);
	else {
		const seen = levels.map((_, code) => code).filter((code) => !Number.isNaN(means[code]));
		learn(training, {
			kind: "means",
			call,
			levels: seen.map((code) => levels[code]),
			means: seen.map((code) => means[code])
		});
	}
	return Float64Array.from(codes, (code, i) => code < 0 || Number.isNaN(x[i]) ? NaN : means[code]);
}
/** In two passes, so that a large mean costs no digits. */
function meansByGroup(x, codes, groups, rows) {
	const count = new Float64Array(groups);
	const means = new Float64Array(groups);
	const n = rows?.length ?? x.length;
	const visit = (visitor) => {
		for (let k = 0; k < n; k++) {
			const i = rows ? rows[k] : k;
			if (codes[i] >= 0 && !Number.isNaN(x[i])) visitor(codes[i], x[i]);
		}
	};
	visit((group, value) => {
		count[group]++;
		means[group] += value;
	});
	for (let g = 0; g < groups; g++) means[g] /= count[g];
	const rest = new Float64Array(groups);
	visit((group, value) => {
		rest[group] += value - means[group];
	});
	for (let g = 0; g < groups; g++) means[g] += rest[g] / count[g];
	return means;
}
//#endregion
//#region src/data/table/level-order.ts
/** Compares two texts by Unicode code point (JavaScript's `<` compares UTF-16 units, which differs above U+FFFF). */
function compareCodePoints(a, b) {
	const shared = Math.min(a.length, b.length);
	for (let i = 0; i < shared; i++) {
		const x = a.charCodeAt(i);
		const y = b.charCodeAt(i);
		if (x === y) continue;
		const surrogateX = x >= 55296 && x <= 57343;
		return surrogateX === (y >= 55296 && y <= 57343) ? x - y : surrogateX ? 1 : -1;
	}
	return a.length - b.length;
}
//#endregion
//#region src/formula/intervals.ts
/** Intervals of a number line as the levels of a factor, by the rules of R's `cut`. */
/** The outermost of `equalBreaks` stand beyond the range by one part in so many of it. */
const MARGIN = 1e3;
/** Breaks of so many intervals of equal width over the range of some values; undefined without a value. */
function equalBreaks(values, count) {
	let low = Number.POSITIVE_INFINITY;
	let high = Number.NEGATIVE_INFINITY;
	for (const value of values) {
		if (!Number.isFinite(value)) continue;
		low = Math.min(low, value);
		high = Math.max(high, value);
	}
	if (low > high) return void 0;
	const margin = (high > low ? high - low : Math.abs(low) || 1) / MARGIN;
	const [from, to] = high > low ? [low, high] : [low - margin, high + margin];
	const step = (to - from) / count;
	const breaks = Array.from({ length: count + 1 }, (_, i) => from + i * step);
	breaks[0] = low - margin;
	breaks[count] = high + margin;
	return breaks;
}
/** Interval of each value, from 0; -1 outside all of them and where it is missing. The breaks increase. */
function intervalCodes(values, breaks, { right, includeLowest }) {
	const last = breaks.length - 1;
	return Int32Array.from(values, (x) => {
		if (!(x >= breaks[0] && x <= breaks[last])) return -1;
		let low = 0;
		let high = last;
		while (high - low > 1) {
			const middle = low + high >> 1;
			if (right ? x > breaks[middle] : x >= breaks[middle]) low = middle;
			else high = middle;
		}
		return (right ? x === breaks[0] : x === breaks[last]) && !includeLowest ? -1 : low;
	});
}
/** Digits that labels have at most, unless more are asked for. */
const MOST_DIGITS$1 = 12;
/** Texts of the intervals, `(0,2.5]`: with more digits than asked for where breaks would look alike. */
function intervalLabels(breaks, { right, includeLowest }, fewestDigits) {
	const [open, close] = right ? ["(", "]"] : ["[", ")"];
	for (let digits = fewestDigits; digits <= Math.max(MOST_DIGITS$1, fewestDigits); digits++) {
		const texts = breaks.map((value) => value === Number.POSITIVE_INFINITY ? " Inf" : significantText(value, digits));
		if (texts.some((text, i) => i > 0 && text === texts[i - 1])) continue;
		const labels = texts.slice(1).map((text, i) => `${open}${texts[i]},${text}${close}`);
		if (includeLowest && right) labels[0] = `[${labels[0].slice(1)}`;
		else if (includeLowest) labels[labels.length - 1] = `${labels[labels.length - 1].slice(0, -1)}]`;
		return labels;
	}
	return breaks.slice(1).map((_, i) => `Range_${i + 1}`);
}
//#endregion
//#region src/formula/made-factors.ts
/** Functions of formulas that make factors of columns: `cut`, `interaction`, and `ifelse` where it chooses texts. */
/** Intervals and digits beyond which a label says nothing. */
const MOST_INTERVALS = 1e4;
const MOST_DIGITS = 22;
/** `cut`: the interval of each value. A number of intervals is turned into breaks once, which are learned. */
function cut(given) {
	const x = given.column("x");
	const breaks = breaksOf(given, x);
	const ends = {
		right: given.isOn("right", true),
		includeLowest: given.isOn("include.lowest", false)
	};
	const digits = given.wholeNumber("dig.lab", 3, 1, MOST_DIGITS);
	const codes = intervalCodes(x, breaks, ends);
	const labels = labelsOf(given, breaks.length - 1);
	if (labels === null) return {
		kind: "numeric",
		values: Float64Array.from(codes, (code) => code < 0 ? NaN : code + 1)
	};
	const ordered = given.isOn("ordered_result", false);
	return {
		kind: "factor",
		levels: labels ?? intervalLabels(breaks, ends, digits),
		codes,
		ordered
	};
}
function breaksOf(given, x) {
	const { text } = given;
	const { training } = given.scope;
	const breaks = given.numberList("breaks").sort((a, b) => a - b);
	if (breaks.length > 1) {
		if (breaks.some((end, i) => i > 0 && end === breaks[i - 1])) given.fail("breaks", "a break comes twice");
		return breaks;
	}
	const known = recall(training, "cut", text);
	if (known) return known.breaks;
	const count = given.wholeNumber("breaks", 0, 2, MOST_INTERVALS);
	const what = deparse(given.expression("x"));
	const found = equalBreaks(x, count);
	if (found === void 0) given.fail("x", `'${what}' has no value to cut`);
	if (found.some((end, i) => i > 0 && !(end > found[i - 1]))) given.fail("breaks", `the range of '${what}' has no room for ${count} intervals`);
	learn(training, {
		kind: "cut",
		call: text,
		breaks: found
	});
	return found;
}
/** The labels that the call gives: undefined without any, null for `labels = FALSE`, which asks for the numbers. */
function labelsOf(given, count) {
	if (!given.has("labels")) return void 0;
	const labels = given.constants("labels", "c('low', 'high')");
	if (labels.length === 1 && labels[0] === false) return null;
	if (labels.length === count) return given.texts("labels");
	const found = labels.length === 1 ? "1 label" : `${labels.length} labels`;
	return given.fail("labels", `${found} for ${count === 1 ? "1 interval" : `${count} intervals`}`);
}
/** `interaction`: the combinations of levels that occur, the first factor varying fastest unless `lex.order` is TRUE. */
function interaction(given) {
	const separator = given.has("sep") ? given.texts("sep").join("") : ".";
	const lexical = given.isOn("lex.order", false);
	const [first, ...others] = given.rest.map((expression) => asFactor(given, expression));
	const { levels, codes } = others.reduce((before, next) => lexical ? interactionOfAll(before, next, (outer, inner) => outer + separator + inner) : interactionOfAll(next, before, (outer, inner) => inner + separator + outer), dropUnused(first));
	const distinct = [...new Set(levels)];
	const place = new Map(distinct.map((level, code) => [level, code]));
	const merged = levels.map((level) => place.get(level) ?? -1);
	return {
		kind: "factor",
		levels: distinct,
		codes: codes.map((code) => code < 0 ? -1 : merged[code]),
		ordered: false
	};
}
/** An argument as a factor; numbers keep the texts of the levels that they had in the fit. */
function asFactor({ scope, evaluate }, expression) {
	const value = evaluate(expression, scope);
	if (value.kind === "factor") return value;
	const { position } = expression;
	const factor = evaluate({
		type: "call",
		name: "as.factor",
		arguments: [{ value: expression }],
		position
	}, scope);
	if (factor.kind === "factor") return factor;
	throw sourceError(scope.source, position, `'${deparse(expression)}' is ${describe(value)}`);
}
/** `ifelse`: by row one of two numbers, or of two texts, which make a factor with its levels sorted. */
function choose(given) {
	const test = given.numbers("test");
	if (typeof test === "number") given.fail("test", "the test of ifelse() reads no column");
	const yes = given.value("yes");
	const no = given.value("no");
	if (isText(yes) || isText(no)) return chooseTexts(given, test, yes, no);
	const first = numbersOf$1(yes, given.expression("yes"), given.scope);
	const second = numbersOf$1(no, given.expression("no"), given.scope);
	const values = test.map((truth, i) => {
		if (Number.isNaN(truth)) return NaN;
		const chosen = truth === 0 ? second : first;
		return typeof chosen === "number" ? chosen : chosen[i];
	});
	return {
		kind: isLogical(yes) && isLogical(no) ? "logical" : "numeric",
		values
	};
}
function chooseTexts(given, test, yes, no) {
	const whenTrue = textsOf(given, "yes", yes);
	const whenFalse = textsOf(given, "no", no);
	const levels = [...new Set([...whenTrue.levels, ...whenFalse.levels])].sort(compareCodePoints);
	const place = new Map(levels.map((level, code) => [level, code]));
	return {
		kind: "factor",
		...dropUnused({
			levels,
			codes: Int32Array.from(test, (truth, i) => {
				if (Number.isNaN(truth)) return -1;
				const chosen = truth === 0 ? whenFalse : whenTrue;
				return place.get(chosen.levels[chosen.codes[i]]) ?? -1;
			})
		}),
		ordered: false
	};
}
/** A factor, a text for all rows, or NA for all of them. */
function textsOf(given, name, value) {
	if (value.kind === "factor") return value;
	const [constant, ...more] = value.kind === "constant" ? value.values : [];
	if (constant === void 0 || more.length > 0 || typeof constant !== "string" && !Number.isNaN(constant)) given.fail(name, `ifelse() chooses between text and '${deparse(given.expression(name))}', which is ${describe(value)}`, "Give it two numbers or two texts.");
	const levels = typeof constant === "string" ? [constant] : [];
	return {
		levels,
		codes: new Int32Array(scopeRows(given.scope)).fill(levels.length - 1)
	};
}
function isText(value) {
	return value.kind === "factor" || value.kind === "constant" && value.values.some((each) => typeof each === "string");
}
function isLogical(value) {
	if (value.kind === "logical") return true;
	return value.kind === "constant" && value.values.every((each) => typeof each === "boolean");
}
//#endregion
//#region src/formula/call.ts
/** Evaluates a call whose arguments `checkCall` has found to fit. */
function callFunction(call, scope, evaluate) {
	const given = new CallArguments(call, scope, evaluate);
	const numeric = NUMERIC_FUNCTIONS.get(call.name);
	if (numeric !== void 0) return mapNumbers(given.numbers("x"), numeric, "numeric");
	switch (call.name) {
		case "I": return given.value("x");
		case "offset": return given.value("object");
		case "log": return logarithm(given);
		case "round": return rounded(given);
		case "pmin":
		case "pmax": return extremes(given);
		case "is.na": return isMissing(given.value("x"));
		case "scale": return scaleColumn(given);
		case "poly": return polynomial(given);
		case "ns":
		case "bs": return spline(given);
		case "within":
		case "between": return groupPart(given);
		case "factor":
		case "ordered":
		case "as.factor": return factor$1(given);
		case "relevel": return relevel(given);
		case "cut": return cut(given);
		case "interaction": return interaction(given);
		case "ifelse": return choose(given);
		case "c": return list(given);
		default: throw sourceError(scope.source, call.position, `${call.name}() cannot stand here`);
	}
}
function isMissing(value) {
	if (value.kind === "factor") return {
		kind: "logical",
		values: Float64Array.from(value.codes, (code) => code < 0 ? 1 : 0)
	};
	if (value.kind === "constant") return {
		kind: "constant",
		values: value.values.map((x) => Number.isNaN(x))
	};
	return {
		kind: "logical",
		values: value.values.map((x) => Number.isNaN(x) ? 1 : 0)
	};
}
/** The mean of x by group (`between`), or what x has beyond it (`within`). */
function groupPart(given) {
	const { call, scope } = given;
	const group = given.expression("g");
	const x = given.column("x");
	const means = groupMeans(x, groupsOf$2(group, given), `mean(${deparse(given.expression("x"))}, ${deparse(group)})`, scope.training);
	if (call.name === "between") return {
		kind: "numeric",
		values: means
	};
	return {
		kind: "numeric",
		values: means.map((mean, i) => x[i] - mean)
	};
}
/** The groups that `g` or `a:b` names. */
function groupsOf$2(expression, given) {
	if (expression.type === "parenthesis") return groupsOf$2(expression.inner, given);
	if (expression.type === "binary" && expression.operator === ":") return interactionOfAll(groupsOf$2(expression.left, given), groupsOf$2(expression.right, given));
	return toFactor(given.evaluate(expression, given.scope), expression, given.scope);
}
function list({ call, scope, evaluate }) {
	return {
		kind: "constant",
		values: call.arguments.flatMap(({ value }) => {
			const part = evaluate(value, scope);
			if (part.kind !== "constant") throw sourceError(scope.source, value.position, `c() holds constants, '${deparse(value)}' is ${describe(part)}`, "Put quotes round text.");
			return part.values;
		})
	};
}
//#endregion
//#region src/formula/expression.ts
/** Evaluates an expression over the rows of a scope. Throws the error of the source for misuse. */
function evaluate(expression, scope) {
	switch (expression.type) {
		case "number":
		case "string":
		case "logical": return {
			kind: "constant",
			values: [expression.value]
		};
		case "missing": return {
			kind: "constant",
			values: [NaN]
		};
		case "name": return lookUp(expression.name, expression.position, scope);
		case "parenthesis": return evaluate(expression.inner, scope);
		case "call": return callFunction(expression, scope, evaluate);
		case "unary": return evaluateUnary(expression, scope);
		case "binary": return evaluateBinary(expression, scope);
	}
}
function lookUp(name, position, scope) {
	const { table, rows, source } = scope;
	const number = NAMED_NUMBERS.get(name);
	if (number !== void 0 && !(scope.columns ?? table.columns).has(name)) return constant(number);
	const column = table.columns.get(name);
	if (column !== void 0) return columnValue(column, rows);
	const names = columnNamesOf(table);
	const near = nearestName(name, names);
	const shown = names.slice(0, 15).join(", ") + (names.length > 15 ? ", ..." : "");
	throw sourceError(source, Math.min(position, source.text.length), `no column '${name}'${near === void 0 ? table.path === void 0 ? "" : ` in ${table.path}` : `; did you mean '${near}'?`}`, names.length === 0 ? "The table has no columns." : `Its columns are ${shown}.`);
}
function evaluateUnary(expression, scope) {
	const { operator, operand } = expression;
	const numbers = numbersOf$1(evaluate(operand, scope), operand, scope);
	if (operator === "-") return mapNumbers(numbers, (x) => -x, "numeric");
	if (operator === "+") return mapNumbers(numbers, (x) => x, "numeric");
	return mapNumbers(numbers, not, "logical");
}
const ARITHMETIC = new Map([
	["+", (x, y) => x + y],
	["-", (x, y) => x - y],
	["*", (x, y) => x * y],
	["/", (x, y) => x / y],
	["^", power],
	["%%", (x, y) => x - y * Math.floor(x / y)],
	["%/%", (x, y) => Math.floor(x / y)]
]);
function evaluateBinary(expression, scope) {
	const { operator, left, right } = expression;
	const arithmetic = ARITHMETIC.get(operator);
	if (arithmetic !== void 0) return mapPairs(numbersOf$1(evaluate(left, scope), left, scope), numbersOf$1(evaluate(right, scope), right, scope), arithmetic, "numeric");
	switch (operator) {
		case "&":
		case "&&":
		case "|":
		case "||": return mapPairs(truthOf(left, scope), truthOf(right, scope), operator[0] === "&" ? and : or, "logical");
		case "%in%": return isAmong(expression, evaluate(left, scope), evaluate(right, scope), scope);
		case ":": throw sourceError(scope.source, expression.position, "':' means an interaction of terms, within a function it has no meaning", "Write * to multiply.");
		default: return compare(expression, evaluate(left, scope), evaluate(right, scope), scope);
	}
}
function truthOf(expression, scope) {
	const value = evaluate(expression, scope);
	if (value.kind === "factor" || value.kind === "constant" && typeof value.values[0] === "string") throw sourceError(scope.source, expression.position, `'${deparse(expression)}' is text, not TRUE or FALSE`, "Compare it with a value, as in column == 'value'.");
	return numbersOf$1(value, expression, scope);
}
/** R's three-valued logic: NA & FALSE is FALSE, NA | TRUE is TRUE. */
function and(x, y) {
	if (x === 0 || y === 0) return 0;
	return Number.isNaN(x) || Number.isNaN(y) ? NaN : 1;
}
function or(x, y) {
	if (x !== 0 && !Number.isNaN(x) || y !== 0 && !Number.isNaN(y)) return 1;
	return Number.isNaN(x) || Number.isNaN(y) ? NaN : 0;
}
function not(x) {
	return Number.isNaN(x) ? NaN : x === 0 ? 1 : 0;
}
function power(x, y) {
	if (y === 2) return x * x;
	return x === 1 ? 1 : x ** y;
}
//#endregion
//#region src/formula/lexer.ts
const NAME = /(?:\.(?![0-9])|\p{L})[\p{L}\p{N}\p{M}._]*/uy;
const NUMBER = /(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?L?/y;
const SPECIAL = /%[^%\s]*%/y;
/** Longer operators first. */
const OPERATORS = [
	"**",
	"==",
	"!=",
	"<=",
	">=",
	"&&",
	"||",
	..."~+-*/^:(),=<>&|!"
];
const SPECIALS = [
	"%in%",
	"%%",
	"%/%"
];
const ESCAPES = new Map([
	["n", "\n"],
	["t", "	"],
	["r", "\r"],
	["0", "\0"]
]);
/** Cuts a text into tokens, the last of kind 'end'. A character that fits nowhere raises the error of the source. */
function tokenize(source) {
	const { text } = source;
	const tokens = [];
	let at = 0;
	const push = (kind, tokenText, end, quoted = false) => {
		tokens.push({
			kind,
			text: tokenText,
			position: at + 1,
			quoted
		});
		at = end;
	};
	while (at < text.length) {
		const character = text[at];
		if (/\s/.test(character)) {
			at++;
			continue;
		}
		if (character === "\"" || character === "'" || character === "`") {
			const [value, end] = quotedText(source, at);
			push(character === "`" ? "name" : "string", value, end, character === "`");
			continue;
		}
		const number = match(NUMBER, text, at);
		if (number !== void 0) {
			push("number", number, at + number.length);
			continue;
		}
		const name = match(NAME, text, at);
		if (name !== void 0) {
			push("name", name, at + name.length);
			continue;
		}
		const special = match(SPECIAL, text, at);
		if (special !== void 0) {
			if (!SPECIALS.includes(special)) {
				const near = nearestName(special, SPECIALS);
				throw sourceError(source, at + 1, `unknown operator ${special}${near === void 0 ? "" : `; did you mean ${near}?`}`, "Of the %operators% there are %in%, %% and %/%.");
			}
			push("operator", special, at + special.length);
			continue;
		}
		const operator = OPERATORS.find((candidate) => text.startsWith(candidate, at));
		if (operator === void 0) {
			const shown = String.fromCodePoint(text.codePointAt(at) ?? 0);
			throw sourceError(source, at + 1, `unexpected character '${shown}'`, "Put back-ticks round a column name that holds anything but letters, digits, dots and underscores.");
		}
		push("operator", operator === "**" ? "^" : operator, at + operator.length);
	}
	tokens.push({
		kind: "end",
		text: "",
		position: text.length + 1,
		quoted: false
	});
	return tokens;
}
function match(pattern, text, at) {
	pattern.lastIndex = at;
	return pattern.exec(text)?.[0];
}
/** The text between the quote at `start` and its partner, and the index behind that. */
function quotedText(source, start) {
	const { text } = source;
	const quote = text[start];
	let value = "";
	for (let at = start + 1; at < text.length; at++) {
		const character = text[at];
		if (character === quote) {
			if (quote === "`" && value === "") throw sourceError(source, start + 1, "empty name");
			return [value, at + 1];
		}
		if (character === "\\" && at + 1 < text.length) {
			at++;
			value += ESCAPES.get(text[at]) ?? text[at];
		} else value += character;
	}
	throw sourceError(source, start + 1, `no closing ${quote}`, `Add the ${quote} that ends it.`);
}
//#endregion
//#region src/formula/pratt.ts
/** How tightly each operator binds to its left, in the order of R's grammar. */
const BINDING = new Map([
	["|", 10],
	["||", 10],
	["&", 20],
	["&&", 20],
	["==", 40],
	["!=", 40],
	["<", 40],
	["<=", 40],
	[">", 40],
	[">=", 40],
	["+", 50],
	["-", 50],
	["*", 60],
	["/", 60],
	["%in%", 70],
	["%%", 70],
	["%/%", 70],
	[":", 80],
	["^", 100]
]);
const NOT = 30;
const COMPARISON = 40;
const SIGN = 90;
const POWER = 100;
/** Parentheses within parentheses; keeps hostile input from overflowing the stack. */
const MAXIMUM_DEPTH = 200;
/** Operators in one text, for the same reason: a chain `a + b + ...` is a tree as deep as it is long. */
const MAXIMUM_OPERATORS = 2e3;
/** Characters in one text. */
const MAXIMUM_LENGTH = 1e6;
/** Pratt parser of R expressions over the tokens of one source. */
var ExpressionParser = class {
	source;
	#tokens;
	#index = 0;
	#depth = 0;
	#operators = 0;
	constructor(source) {
		this.source = source;
		if (source.text.length > MAXIMUM_LENGTH) throw sourceError({
			...source,
			text: source.text.slice(0, 100)
		}, 1, `the ${source.noun} is too long`);
		this.#tokens = tokenize(source);
	}
	get token() {
		return this.#tokens[this.#index];
	}
	/** True when the token at hand is this operator. */
	at(operator) {
		return this.token.kind === "operator" && this.token.text === operator;
	}
	advance() {
		const token = this.token;
		if (token.kind !== "end") this.#index++;
		return token;
	}
	fail(position, message, remedy) {
		throw sourceError(this.source, position, message, remedy);
	}
	/** Complains about the token at hand. */
	unexpected(remedy) {
		const { token } = this;
		if (token.kind === "end") return this.fail(token.position, `the ${this.source.noun} ends too early`, remedy);
		const shown = token.kind === "string" ? `"${token.text}"` : `'${token.text}'`;
		return this.fail(token.position, `unexpected ${shown}`, remedy);
	}
	/** Checks that nothing follows. */
	end() {
		if (this.token.kind === "end") return;
		if (this.at(")")) this.unexpected("Remove it, or add the parenthesis that it closes.");
		if (this.at("=")) this.unexpected("Write == to compare.");
		this.unexpected("An operator such as + is missing before it.");
	}
	/** One expression whose operators bind tighter than `minimum`. */
	expression(minimum = 0) {
		if (++this.#depth > MAXIMUM_DEPTH) this.fail(this.token.position, `the ${this.source.noun} is nested too deeply`);
		let left = this.#prefix();
		while (this.token.kind === "operator") {
			const { text: operator, position } = this.token;
			const binding = BINDING.get(operator);
			if (binding === void 0 || binding <= minimum) break;
			this.advance();
			this.#countOperator(position);
			const right = this.expression(operator === "^" ? POWER - 1 : binding);
			left = {
				type: "binary",
				operator,
				left,
				right,
				position
			};
			if (binding === COMPARISON && BINDING.get(this.token.text) === COMPARISON && this.token.kind === "operator") this.unexpected("Join comparisons with &.");
		}
		this.#depth--;
		return left;
	}
	#countOperator(position) {
		if (++this.#operators > MAXIMUM_OPERATORS) this.fail(position, `the ${this.source.noun} has more than ${MAXIMUM_OPERATORS} operators`);
	}
	#prefix() {
		const token = this.token;
		const { position } = token;
		switch (token.kind) {
			case "number": {
				this.advance();
				const integer = token.text.endsWith("L");
				return {
					type: "number",
					value: Number(integer ? token.text.slice(0, -1) : token.text),
					integer,
					position
				};
			}
			case "string":
				this.advance();
				return {
					type: "string",
					value: token.text,
					position
				};
			case "name":
				this.advance();
				return this.#nameOrCall(token);
			case "operator":
				if (token.text === "(") {
					this.advance();
					if (this.at(")")) this.unexpected("Write an expression between the parentheses.");
					const inner = this.expression();
					this.close(position);
					return {
						type: "parenthesis",
						inner,
						position
					};
				}
				if (token.text === "-" || token.text === "+" || token.text === "!") {
					this.advance();
					this.#countOperator(position);
					const operand = this.expression(token.text === "!" ? NOT : SIGN);
					return {
						type: "unary",
						operator: token.text,
						operand,
						position
					};
				}
		}
		return this.unexpected(token.kind === "end" ? void 0 : "A column name, a number or a parenthesis belongs here.");
	}
	/** Takes the ')' that closes the parenthesis opened at a column. */
	close(opened) {
		if (this.at(")")) {
			this.advance();
			return;
		}
		if (this.token.kind === "end") this.fail(opened, "this '(' is never closed", "Add ')'.");
		this.unexpected(this.at("=") ? "Write == to compare." : "An operator, a comma or ')' belongs here.");
	}
	#nameOrCall(token) {
		const { position } = token;
		if (this.at("(")) return this.#call(token);
		if (!token.quoted) {
			if (token.text === "TRUE" || token.text === "FALSE") return {
				type: "logical",
				value: token.text === "TRUE",
				position
			};
			if (token.text === "NA") return {
				type: "missing",
				position
			};
			if (token.text === "Inf") return {
				type: "number",
				value: Number.POSITIVE_INFINITY,
				integer: false,
				position
			};
		}
		return {
			type: "name",
			name: token.text,
			position
		};
	}
	#call(token) {
		const opened = this.advance().position;
		const parts = [];
		if (!this.at(")")) do
			parts.push(this.#argument());
		while (this.at(",") && this.advance());
		this.close(opened);
		const call = {
			type: "call",
			name: token.text,
			arguments: parts,
			position: token.position
		};
		checkCall(call, this.source);
		return call;
	}
	#argument() {
		const token = this.token;
		const next = this.#tokens[this.#index + 1];
		if (token.kind === "name" && next?.kind === "operator" && next.text === "=") {
			this.advance();
			this.advance();
			return {
				name: token.text,
				value: this.expression()
			};
		}
		return { value: this.expression() };
	}
};
//#endregion
//#region src/formula/terms.ts
/** Products like `(a + b + c + ...)^9` grow without bound; no design has this many terms. */
const MAXIMUM_TERMS = 2e3;
/** Pairs of terms that one product may form. */
const MAXIMUM_PAIRS = 5e5;
/** Expands a right side without random terms. `response` is the text of the response, which is no term of its own. */
function expandTerms(expression, source, response) {
	const expansion = new Expansion(source);
	const encoded = expression === void 0 ? [] : expansion.encode(expression);
	const { variables, intercept } = expansion;
	const offsets = [...variables.keys()].filter((index) => isOffset(variables[index].expression));
	const terms = encoded.filter((term) => {
		if (term.length === 1 && variables[term[0]].label === response) return false;
		return !term.some((index) => offsets.includes(index));
	}).sort((a, b) => a.length - b.length);
	return {
		variables,
		intercept,
		terms,
		labels: terms.map((term) => term.map((index) => variables[index].label).join(":")),
		offsets
	};
}
function isOffset(expression) {
	return expression.type === "call" && expression.name === "offset";
}
/** The state of one expansion: the variables seen so far, and whether there is an intercept. */
var Expansion = class {
	source;
	variables = [];
	intercept = true;
	#indices = /* @__PURE__ */ new Map();
	/** False within the right side of `-`, where 1 takes the intercept away. */
	#adding = true;
	constructor(source) {
		this.source = source;
	}
	encode(expression) {
		switch (expression.type) {
			case "number":
				if (expression.value === 0 || expression.value === 1) {
					this.intercept = expression.value === 1 === this.#adding;
					return [];
				}
				return this.#refuse(expression, "a number is no term; only 0 and 1 stand for the intercept", "Write I(...).");
			case "string": return this.#refuse(expression, "a text is no term", "Write a column name without quotes or in back-ticks.");
			case "logical":
			case "missing": return this.#refuse(expression, `${deparse(expression)} is no term`);
			case "name":
				if (expression.name === ".") return this.#refuse(expression, "'.' is not supported", "Name the columns.");
				return [[this.#install(expression)]];
			case "parenthesis": return this.encode(expression.inner);
			case "unary":
				if (expression.operator === "+") return this.encode(expression.operand);
				if (expression.operator === "-") return this.#remove([], expression.operand);
				return [[this.#install(expression)]];
			case "call": return [[this.#install(expression)]];
			case "binary": return this.#encodeBinary(expression);
		}
	}
	#encodeBinary(expression) {
		const { operator, left, right, position } = expression;
		switch (operator) {
			case "+": {
				const terms = this.encode(left);
				return this.#distinct([...terms, ...this.encode(right)], position);
			}
			case "-": return this.#remove(this.encode(left), right);
			case ":": {
				const terms = this.encode(left);
				return this.#products(terms, this.encode(right), position);
			}
			case "*": {
				const a = this.encode(left);
				const b = this.encode(right);
				return this.#distinct([
					...a,
					...b,
					...this.#products(a, b, position)
				], position);
			}
			case "%in%": {
				const terms = this.encode(left);
				const within = union(this.encode(right));
				return this.#distinct(terms.map((term) => union([term, within])), position);
			}
			case "/": {
				const terms = this.encode(left);
				const outer = union(terms);
				const nested = this.encode(right).map((term) => union([outer, term]));
				return this.#distinct([...terms, ...nested], position);
			}
			case "^": {
				const power = right.type === "parenthesis" ? right.inner : right;
				if (power.type !== "number" || !Number.isInteger(power.value) || power.value < 1) return this.#refuse(right, "the power of terms must be a whole number from 1", "For x squared write I(x^2).");
				const terms = this.encode(left);
				let result = terms;
				const times = Math.min(power.value, this.variables.length);
				for (let i = 1; i < times; i++) result = this.#products(result, terms, position);
				return result;
			}
			case "|":
			case "||": return this.#refuse({
				...expression,
				position
			}, "a random term must stand in parentheses of its own", "Write it like + (1 | group).");
			default: return [[this.#install(expression)]];
		}
	}
	#install(expression) {
		const label = deparse(expression);
		let index = this.#indices.get(label);
		if (index === void 0) {
			index = this.variables.length;
			this.#indices.set(label, index);
			this.variables.push({
				label,
				expression
			});
		}
		return index;
	}
	#remove(terms, expression) {
		this.#adding = !this.#adding;
		const removed = new Set(this.encode(expression).map(key));
		this.#adding = !this.#adding;
		return terms.filter((term) => !removed.has(key(term)));
	}
	#products(left, right, position) {
		this.#checkCount(left.length * right.length > MAXIMUM_PAIRS ? Number.POSITIVE_INFINITY : 0, position);
		const found = /* @__PURE__ */ new Map();
		for (const a of left) for (const b of right) {
			const term = union([a, b]);
			found.set(key(term), term);
			this.#checkCount(found.size, position);
		}
		return [...found.values()];
	}
	#distinct(terms, position) {
		const found = /* @__PURE__ */ new Map();
		for (const term of terms) if (!found.has(key(term))) found.set(key(term), term);
		this.#checkCount(found.size, position);
		return [...found.values()];
	}
	#checkCount(count, position) {
		if (count > MAXIMUM_TERMS) throw sourceError(this.source, position, `this expands to more than ${MAXIMUM_TERMS} terms`);
	}
	#refuse(expression, message, remedy) {
		throw sourceError(this.source, expression.position, message, remedy);
	}
};
function union(terms) {
	return [...new Set(terms.flat())].sort((a, b) => a - b);
}
function key(term) {
	return term.join(",");
}
/**
* Which variables of which terms get a full set of indicators instead of contrasts: R's rule. A factor is coded by
* contrasts when the term without it, or a term that contains that, comes before in the model (the empty term always
* does); without an intercept the first factor of the model gets indicators.
*
* Returns for each term one flag a variable of the term.
*/
function indicatorFlags(model, isFactor) {
	const { terms } = model;
	const sets = terms.map((term) => new Set(term));
	const flags = terms.map((term, t) => term.map((variable) => {
		if (!isFactor[variable]) return false;
		const margin = term.filter((other) => other !== variable);
		if (margin.length === 0) return false;
		return !sets.slice(0, t).some((earlier) => margin.every((other) => earlier.has(other)));
	}));
	if (!model.intercept) for (const [t, term] of terms.entries()) {
		const first = term.findIndex((variable) => isFactor[variable]);
		if (first < 0) continue;
		flags[t][first] = true;
		break;
	}
	return flags;
}
//#endregion
//#region src/formula/parse.ts
/**
* Parses a formula of R's language with lme4's random terms. The left side is optional.
*
* Throws FormulaError with the column of the mistake.
*/
function parseFormula(source) {
	if (typeof source !== "string") throw new FitError("FormulaError", "the formula is no text", {
		source: "",
		position: 1,
		remedy: "Give it as text: { formula: 'y ~ x + (1 | g)' }."
	});
	const sourceText = formulaSource(source);
	const parser = new ExpressionParser(sourceText);
	let left;
	if (!parser.at("~")) {
		left = parser.expression();
		if (!parser.at("~")) {
			if (parser.token.kind !== "end") parser.end();
			parser.fail(parser.token.position, "there is no '~'", "Write ~ before the terms, after the response if any.");
		}
	}
	parser.advance();
	if (parser.token.kind === "end") parser.unexpected("Write the terms behind the ~, or 1 for the intercept alone.");
	const right = parser.expression();
	if (parser.at("~")) parser.unexpected("A formula has one ~.");
	parser.end();
	const responses = left === void 0 ? [] : parseResponses(left, sourceText);
	const random = [];
	const formula = {
		source,
		responses,
		fixed: expandTerms(takeRandomTerms(right, sourceText, random), sourceText, responses.length === 1 ? deparse(responses[0].expression) : void 0),
		random
	};
	visitVariables(formula, (expression) => checkPlaces(expression, sourceText));
	return formula;
}
/** Names of the columns that a formula reads, grouping factors and offsets included; `rightOnly` leaves out those of the left side. */
function formulaVariables(formula, options = {}) {
	const names = /* @__PURE__ */ new Set();
	if (options.rightOnly !== true) for (const response of formula.responses) collectNames(response.expression, names);
	visitVariables(formula, (expression) => collectNames(expression, names));
	return [...names];
}
/** Calls back with every variable of the right side, fixed and random, in the order of the formula's parts. */
function visitVariables(formula, visitor) {
	const parts = [formula.fixed, ...formula.random.flatMap((part) => [part.terms, part.group])];
	for (const part of parts) for (const { expression, label } of part.variables) visitor(expression, label);
}
function parseResponses(left, source) {
	if (left.type === "parenthesis") return parseResponses(left.inner, source);
	const parts = left.type === "call" && left.name === "cbind" ? left.arguments.map(({ name, value }) => ({
		name: name ?? standaloneText(value),
		expression: value
	})) : [{
		name: standaloneText(left),
		expression: left
	}];
	const seen = /* @__PURE__ */ new Set();
	for (const { name, expression } of parts) {
		const names = /* @__PURE__ */ new Set();
		collectNames(expression, names);
		if (names.size === 0) throw sourceError(source, expression.position, "this response reads no column");
		if (names.has(".")) throw sourceError(source, expression.position, "'.' is not supported", "Name the columns.");
		if (seen.has(name)) throw sourceError(source, expression.position, `response '${name}' comes twice`);
		seen.add(name);
		visit(expression, (part) => {
			if (part.type === "call" && ([
				"cbind",
				"offset",
				"poly",
				"ns",
				"bs"
			].includes(part.name) || isTermStructure(part.name))) throw sourceError(source, part.position, `${part.name}() cannot stand within a response`);
		});
	}
	return parts;
}
/** Moves the random terms of a sum into `random`; returns what is left, undefined if nothing is. */
function takeRandomTerms(expression, source, random) {
	if (expression.type === "parenthesis") {
		const inner = unwrap(expression);
		if (isBar(inner)) {
			addRandomTerm(inner, source, random);
			return;
		}
		const rest = takeRandomTerms(expression.inner, source, random);
		return rest === void 0 ? void 0 : {
			...expression,
			inner: rest
		};
	}
	if (expression.type === "call" && isTermStructure(expression.name)) {
		const { name } = expression;
		addRandomTerm(structuredBar(expression, source), source, random, name === "us" ? void 0 : name);
		return;
	}
	if (expression.type === "unary" && expression.operator === "+") return takeRandomTerms(expression.operand, source, random);
	if (expression.type === "binary" && (expression.operator === "+" || expression.operator === "-")) {
		const left = takeRandomTerms(expression.left, source, random);
		if (expression.operator === "-") {
			refuseBars(expression.right, source);
			return left === void 0 ? {
				type: "unary",
				operator: "-",
				operand: expression.right,
				position: expression.position
			} : {
				...expression,
				left
			};
		}
		const right = takeRandomTerms(expression.right, source, random);
		if (left === void 0 || right === void 0) return left ?? right;
		return {
			...expression,
			left,
			right
		};
	}
	refuseBars(expression, source);
	return expression;
}
function isBar(expression) {
	return expression.type === "binary" && (expression.operator === "|" || expression.operator === "||");
}
function unwrap(expression) {
	return expression.type === "parenthesis" ? unwrap(expression.inner) : expression;
}
/** Refuses a random term in any place but a sum. */
function refuseBars(expression, source) {
	const bar = findBar(expression);
	if (bar === void 0) return;
	throw sourceError(source, bar.position, "a random term must stand in parentheses of its own, joined to the other terms by +", "Write it like + (1 | group).");
}
/** The first bar outside of functions, where | means 'or'. */
function findBar(expression) {
	switch (expression.type) {
		case "parenthesis": return findBar(expression.inner);
		case "unary": return findBar(expression.operand);
		case "binary": return isBar(expression) ? expression : findBar(expression.left) ?? findBar(expression.right);
		default: return;
	}
}
function addRandomTerm(bar, source, random, structure) {
	refuseBars(bar.left, source);
	const whole = expandTerms(bar.left, source);
	if (whole.offsets.length > 0) throw sourceError(source, bar.left.position, "an offset cannot stand in a random term");
	if (!whole.intercept && whole.terms.length === 0) throw sourceError(source, bar.left.position, "this random term has no column", "Write (1 | group).");
	const groups = parseGrouping(bar.right, source);
	if (structure === "ar1" && (whole.intercept || whole.terms.length !== 1 || whole.terms[0].length !== 1)) throw sourceError(source, bar.left.position, "ar1() needs one effect for each level of one factor", `Write the factor without an intercept: ar1(0 + visit | ${groups[0].name}).`);
	const lefts = bar.operator === "||" ? separateTerms(whole) : [{
		text: deparse(bar.left),
		terms: whole
	}];
	for (const { text, terms } of lefts) for (const group of groups) {
		const part = {
			text: `${text} | ${group.name}`,
			terms,
			group
		};
		random.push(structure === void 0 ? part : {
			...part,
			structure
		});
	}
}
/** The uncorrelated parts of `(x + f || g)`: `1`, `0 + x`, `0 + f`. */
function separateTerms(whole) {
	const parts = whole.terms.map((term, t) => ({
		text: `0 + ${whole.labels[t]}`,
		terms: {
			variables: term.map((index) => whole.variables[index]),
			intercept: false,
			terms: [term.map((_, i) => i)],
			labels: [whole.labels[t]],
			offsets: []
		}
	}));
	if (!whole.intercept) return parts;
	return [{
		text: "1",
		terms: {
			variables: [],
			intercept: true,
			terms: [],
			labels: [],
			offsets: []
		}
	}, ...parts];
}
/** Checks what no function's signature tells: where functions and constants may stand. */
function checkPlaces(variable, source) {
	const names = /* @__PURE__ */ new Set();
	collectNames(variable, names);
	if (names.size === 0) throw sourceError(source, variable.position, `'${deparse(variable)}' reads no column`);
	visit(variable, (part) => {
		if (part.type === "name" && part.name === ".") throw sourceError(source, part.position, "'.' is not supported", "Name the columns.");
		if (part.type !== "call") return;
		if (isTermStructure(part.name)) throw sourceError(source, part.position, `the random term ${part.name}() must stand alone, joined to the other terms by +`, `Write it like + ${part.name}(0 + visit | group).`);
		if (part.name === "cbind") throw sourceError(source, part.position, "cbind() joins responses, on the left of ~ only");
		if (part.name === "offset" && part !== variable) throw sourceError(source, part.position, "offset() cannot stand within a function");
	});
}
//#endregion
//#region src/formula/frame.ts
/** Evaluates every variable of the right side, and those beside it, over the rows of a scope, missing values included. */
function evaluateFrame(formula, scope, beside = []) {
	const variables = /* @__PURE__ */ new Map();
	visitVariables(formula, (expression, label) => {
		if (!variables.has(label)) variables.set(label, evaluateVariable(expression, scope));
	});
	for (const { source, variables: own } of beside) for (const { expression, label } of own) if (!variables.has(label)) variables.set(label, evaluateVariable(expression, {
		...scope,
		source
	}));
	return {
		n: scopeRows(scope),
		variables
	};
}
/** A variable over the rows of a scope, missing values included. */
function evaluateVariable(expression, scope) {
	const value = evaluate(expression, scope);
	switch (value.kind) {
		case "numeric": return {
			kind: "numeric",
			values: value.values,
			suffixes: [""]
		};
		case "matrix": return {
			kind: "numeric",
			values: value.values,
			suffixes: value.suffixes
		};
		case "logical": return {
			...toFactor(value, expression, scope),
			logical: true
		};
		case "factor": return {
			...value,
			logical: false
		};
		case "constant": throw sourceError(scope.source, expression.position, `this term is ${describe(value)}`);
	}
}
/** The frame at some of its rows; the same arrays when `rows` are all of them. */
function gatherFrame(frame, rows) {
	if (rows.length === frame.n) return frame;
	const variables = /* @__PURE__ */ new Map();
	for (const [label, variable] of frame.variables) variables.set(label, variable.kind === "factor" ? {
		...variable,
		codes: gatherCodes(variable.codes, rows)
	} : {
		...variable,
		values: gatherMatrix(variable.values, frame.n, rows)
	});
	return {
		n: rows.length,
		variables
	};
}
/** The frame without the levels that none of its rows has, and those levels by label. */
function dropUnusedLevels(frame) {
	const variables = /* @__PURE__ */ new Map();
	const dropped = /* @__PURE__ */ new Map();
	for (const [label, variable] of frame.variables) {
		if (variable.kind === "numeric" || variable.logical) {
			variables.set(label, variable);
			continue;
		}
		const { levels, codes } = dropUnused(variable);
		variables.set(label, {
			...variable,
			levels,
			codes
		});
		if (levels.length < variable.levels.length) {
			const kept = new Set(levels);
			dropped.set(label, variable.levels.filter((level) => !kept.has(level)));
		}
	}
	return {
		frame: {
			n: frame.n,
			variables
		},
		dropped
	};
}
/** Calls back with every row in which a variable is missing. */
function visitMissing(frame, variable, visitor) {
	const { n } = frame;
	if (variable.kind === "factor") {
		for (let i = 0; i < n; i++) if (variable.codes[i] < 0) visitor(i);
		return;
	}
	for (let i = 0; i < n; i++) if (Number.isNaN(variable.values[i])) visitor(i);
}
function frameVariable(frame, label) {
	const variable = frame.variables.get(label);
	if (variable === void 0) throw new Error(`the frame lacks '${label}'`);
	return variable;
}
/** The grouping factor of a frame without missing values; only levels in use. */
function groupingOf(group, frame) {
	return interactionOf(group.variables.map((variable) => atomGrouping(variable, frame)));
}
function atomGrouping({ label }, frame) {
	const variable = frameVariable(frame, label);
	return variable.kind === "factor" ? variable : factorOfNumbers(variable.values);
}
/** The weights over the rows of a scope, NaN where missing. Negative and infinite ones are misuse. */
function weightColumn(scope, name) {
	if (name === void 0) return void 0;
	const weights = numericColumn(scope, name, "weights");
	for (let i = 0; i < weights.length; i++) if (weights[i] < 0 || weights[i] > 1e60 || weights[i] > 0 && weights[i] < 1 / 1e60) throw new FitError("DataError", `weight ${weights[i]} in column '${name}', row ${tableRow(scope, i) + 1}`, {
		option: "weights",
		remedy: "Weights are finite and not negative; 0 leaves a row out.",
		...pathOf(scope)
	});
	return weights;
}
/** The sum of the offset() terms and the offset column over the rows of a scope; undefined where there is neither. */
function offsetColumn(formula, frame, scope, name) {
	const parts = name === void 0 ? [] : [numericColumn(scope, name, "offset")];
	for (const index of formula.fixed.offsets) {
		const { label, expression } = formula.fixed.variables[index];
		const variable = frameVariable(frame, label);
		if (variable.kind !== "numeric" || variable.suffixes.length > 1) throw sourceError(formulaSource(formula.source), expression.position, `${label} is not one column of numbers`);
		parts.push(variable.values);
	}
	if (parts.length === 0) return void 0;
	const sum = Float64Array.from(parts[0]);
	for (const part of parts.slice(1)) for (let i = 0; i < sum.length; i++) sum[i] += part[i];
	return sum;
}
/** A column of numbers over the rows of a scope; `option` is what asks for it. */
function numericColumn(scope, name, option) {
	const column = scope.table.columns.get(name);
	if (column === void 0) throw noColumn(scope.table, name, option);
	const value = columnValue(column, scope.rows);
	if (value.kind === "factor") throw new FitError("OptionError", `column '${name}' is text (a factor), ${option} must be numbers`, {
		option,
		remedy: "Choose a column in which every value is a number.",
		...pathOf(scope)
	});
	return value.values;
}
function noColumn(table, name, option) {
	const near = nearestName(name, columnNamesOf(table));
	return new FitError("OptionError", `no column '${name}' for ${option}${near === void 0 ? "" : `; did you mean '${near}'?`}`, {
		option,
		remedy: `Columns are ${columnNamesOf(table).slice(0, 15).join(", ")}.`,
		path: table.path
	});
}
/** Codings of the factors among some variables by label, checked against the frame. */
function factorCodings(variables, frame, table, asked) {
	const codings = /* @__PURE__ */ new Map();
	for (const [column, coding] of Object.entries(asked ?? {})) {
		if (!CONTRAST_CODINGS.includes(coding)) {
			const near = nearestName(coding, CONTRAST_CODINGS);
			throw new FitError("OptionError", `unknown coding '${coding}' for '${column}'${near === void 0 ? "" : `; did you mean '${near}'?`}`, {
				option: "contrastCodings",
				remedy: `Codings are ${CONTRAST_CODINGS.join(", ")}.`
			});
		}
		if (!table.columns.has(column)) throw noColumn(table, column, "contrastCodings");
		for (const { label, expression } of variables) {
			if (codedColumn(expression) !== column) continue;
			if (frameVariable(frame, label).kind !== "factor") throw new FitError("OptionError", `column '${column}' is numeric, contrasts code factors`, {
				option: "contrastCodings",
				remedy: `Write factor(${column}) in the formula, or declare the column a factor.`
			});
			codings.set(label, coding);
		}
	}
	return codings;
}
/** The column whose levels a variable has: `f` of `f`, `factor(f)`, `relevel(f, ref = 'b')`. */
function codedColumn(expression) {
	if (expression.type === "name") return expression.name;
	if (expression.type !== "call" || ![
		"factor",
		"as.factor",
		"ordered",
		"relevel",
		"cut"
	].includes(expression.name)) return;
	const inner = matchArguments(expression).get("x");
	return inner === void 0 ? void 0 : codedColumn(inner);
}
/** Row of the table behind row i of a scope. */
function tableRow(scope, i) {
	return scope.rows === void 0 ? i : scope.rows[i];
}
/** Rows of the table behind the rows `keep` of a scope. */
function tableRows(scope, keep) {
	const { rows } = scope;
	if (rows === void 0) return keep;
	return keep.length === scopeRows(scope) ? rows : keep.map((i) => rows[i]);
}
function pathOf(scope) {
	return scope.table.path === void 0 ? {} : { path: scope.table.path };
}
//#endregion
//#region src/formula/full-rank.ts
/** Coefficients of an aliased column that are rounding: those of factors are small whole numbers or ratios of them. */
const ALIAS_ROUNDING = 1e-10;
/** The columns of a fixed-effects matrix that are no linear combinations of the columns before them. */
function fullRank(n, fixed) {
	const p = fixed.names.length;
	if (p === 0) return fixed;
	const qr = pivotedQr(fixed.x, n, p);
	const { rank, pivot } = qr;
	if (rank === p) return fixed;
	const kept = [...pivot.subarray(0, rank)].sort((a, b) => a - b);
	const keptSet = new Set(kept);
	const x = new Float64Array(n * rank);
	for (const [to, from] of kept.entries()) x.set(fixed.x.subarray(from * n, (from + 1) * n), to * n);
	const lost = [...pivot.subarray(rank)].sort((a, b) => a - b);
	return {
		names: kept.map((j) => fixed.names[j]),
		assign: kept.map((j) => fixed.assign[j]),
		termLabels: fixed.termLabels,
		x,
		dropped: [...fixed.dropped, ...fixed.names.filter((_, j) => !keptSet.has(j))],
		...fixed.dropped.length > 0 ? {} : { aliases: aliasCoefficients(qr, lost) }
	};
}
/** Each lost column as a combination of the kept ones: lost x kept, row-major; rounding to zero is taken for zero. */
function aliasCoefficients({ n, rank, pivot, qr }, lost) {
	const out = new Float64Array(lost.length * rank);
	lost.forEach((column, k) => {
		const from = pivot.indexOf(column) * n;
		const solution = out.subarray(k * rank, (k + 1) * rank);
		for (let i = rank - 1; i >= 0; i--) {
			let sum = qr[from + i];
			for (let j = i + 1; j < rank; j++) sum -= qr[j * n + i] * solution[j];
			solution[i] = sum / qr[i * n + i];
		}
		for (let i = 0; i < rank; i++) if (Math.abs(solution[i]) < ALIAS_ROUNDING) solution[i] = 0;
	});
	return out;
}
//#endregion
//#region src/formula/missing.ts
/** Finds the rows without a missing value and with a weight; complains about infinite values and about no row at all. */
function completeRows(formula, frame, scope, extras) {
	const n = scopeRows(scope);
	const { weights, offset, options } = extras;
	const absent = new Uint8Array(n);
	const missing = [];
	const miss = (name, visitAll) => {
		let found = 0;
		visitAll((row) => {
			if (options.na === "fail" && found === 0) throw new FitError("DataError", `missing value in '${name}', row ${tableRow(scope, row) + 1}`, {
				option: "na",
				remedy: "Fill it, leave the row out, or use “na: omit”.",
				...pathOf(scope)
			});
			absent[row] = 1;
			found++;
		});
		if (found > 0) missing.push({
			name,
			rows: found
		});
	};
	for (const [label, variable] of frame.variables) miss(label, (visitor) => visitMissing(frame, variable, visitor));
	if (weights !== void 0) miss(options.weights ?? "weights", (visitor) => visitNaN(weights, visitor));
	if (offset !== void 0) miss(options.offset ?? "offset", (visitor) => visitNaN(offset, visitor));
	const responses = options.complete ?? [];
	for (const [r, values] of responses.entries()) miss(formula.responses.length === responses.length ? formula.responses[r].name : `response ${r + 1}`, (visitor) => {
		for (let i = 0; i < n; i++) if (Number.isNaN(values[tableRow(scope, i)])) visitor(i);
	});
	let absentRows = 0;
	let weightless = 0;
	for (let i = 0; i < n; i++) if (absent[i] === 1) absentRows++;
	else if (weights !== void 0 && weights[i] === 0) {
		absent[i] = 1;
		weightless++;
	}
	const keep = new Int32Array(n - absentRows - weightless);
	for (let i = 0, at = 0; i < n; i++) if (absent[i] === 0) keep[at++] = i;
	const counted = missing.map(({ name, rows }) => `${name} ${rows}`).join(", ");
	if (keep.length === 0) throw new FitError("DataError", `no row is left${n === 0 ? "" : ` of ${n}: ${[counted, weightless > 0 ? "weights 0" : ""].filter(Boolean).join(", ")}`}`, {
		remedy: n === 0 ? "Is there a filter that no row passes?" : "Missing values leave a row out: remove the variable.",
		...pathOf(scope)
	});
	refuseInfinite(frame, keep, scope);
	const notes = [];
	if (absentRows > 0) notes.push(`left out ${absentRows} of ${n} rows with missing values (${counted})`);
	if (weightless > 0) notes.push(`left out ${weightless} of ${n} rows of weight 0`);
	return {
		keep,
		rows: tableRows(scope, keep),
		notes
	};
}
function visitNaN(values, visitor) {
	for (let i = 0; i < values.length; i++) if (Number.isNaN(values[i])) visitor(i);
}
/** Refuses values that are not finite in the rows that are used. */
function refuseInfinite(frame, keep, scope) {
	for (const [label, variable] of frame.variables) {
		if (variable.kind === "factor") continue;
		for (let j = 0; j < variable.suffixes.length; j++) for (let k = 0; k < keep.length; k++) {
			const value = variable.values[j * frame.n + keep[k]];
			if (Number.isFinite(value)) continue;
			throw new FitError("DataError", `'${label}' is ${value} in row ${tableRow(scope, keep[k]) + 1}`, {
				remedy: "Leave such rows out, or use a transformation that is defined for them.",
				...pathOf(scope)
			});
		}
	}
}
//#endregion
//#region src/formula/model-matrix.ts
/** R's `model.matrix`: names, order and coding of columns. The frame has no missing values and no unused levels. */
function modelMatrix(model, frame, options) {
	const variables = model.variables.map(({ label }) => frameVariable(frame, label));
	const flags = indicatorFlags(model, variables.map((variable) => variable.kind === "factor"));
	const blocks = model.terms.map((term, t) => term.map((index, k) => block(model.variables[index].label, variables[index], flags[t][k], options)));
	const widths = blocks.map((parts) => parts.reduce((width, part) => width * part.suffixes.length, 1));
	const columns = widths.reduce((sum, width) => sum + width, model.intercept ? 1 : 0);
	const values = allocate(frame.n, columns);
	const names = [];
	const assign = [];
	if (model.intercept) {
		names.push("(Intercept)");
		assign.push(0);
		values.fill(1, 0, frame.n);
	}
	for (const [t, parts] of blocks.entries()) for (let column = 0; column < widths[t]; column++) {
		const at = names.length * frame.n;
		names.push(fillColumn(parts, column, values.subarray(at, at + frame.n)));
		assign.push(t + 1);
	}
	return {
		names,
		assign,
		values
	};
}
/** Writes one product of columns, the first variable varying fastest; returns its name. */
function fillColumn(parts, column, target) {
	const n = target.length;
	const names = [];
	let rest = column;
	for (const [k, part] of parts.entries()) {
		const j = rest % part.suffixes.length;
		rest = Math.floor(rest / part.suffixes.length);
		names.push(part.label + part.suffixes[j]);
		const { codes, values } = part;
		if (codes !== void 0) {
			const at = j * (values.length / part.suffixes.length);
			if (k === 0) for (let i = 0; i < n; i++) target[i] = values[at + codes[i]];
			else for (let i = 0; i < n; i++) target[i] *= values[at + codes[i]];
		} else if (k === 0) target.set(values.subarray(j * n, (j + 1) * n));
		else for (let i = 0; i < n; i++) target[i] *= values[j * n + i];
	}
	return names.join(":");
}
function block(label, variable, indicators, options) {
	if (variable.kind === "numeric") return {
		label,
		suffixes: variable.suffixes,
		values: variable.values
	};
	const { levels, codes } = variable;
	if (!indicators && levels.length < 2 && options.strict) throw new FitError("DataError", `factor '${label}' has ${levels.length === 0 ? "no level" : `one level only, '${levels[0]}',`} in the rows that are used, contrasts need two`, { remedy: `Remove '${label}' from the formula, or use rows with other levels of it.` });
	const coding = indicators ? indicatorCoding(levels) : contrastCoding(options.codings?.get(label) ?? (variable.ordered ? "poly" : "treatment"), levels);
	return {
		label,
		suffixes: coding.suffixes,
		values: coding.values,
		codes
	};
}
function allocate(n, columns) {
	try {
		return new Float64Array(n * columns);
	} catch (cause) {
		throw new FitError("DataError", `a model matrix of ${n} rows and ${columns} columns needs ${(n * columns * 8 / 2 ** 30).toFixed(1)} GB`, {
			remedy: "Is a factor with very many levels, or a text column, among the fixed effects?",
			cause
		});
	}
}
//#endregion
//#region src/formula/residual.ts
/** What the options “residual” and “dispersion” say, parsed; `residual-rows.ts` evaluates it on a table. */
/** Names of SAS (without blanks, in small letters), glmmTMB and nlme for structures that have another one here. */
const SYNONYMS = new Map([
	...[
		"un",
		"unr",
		"unstructured"
	].map((name) => [name, "us"]),
	["un(1)", "diag"],
	["homcs", "cs"],
	["ar(1)", "ar1"],
	["arh(1)", "ar1h"],
	["arh1", "ar1h"],
	["hetar1", "ar1h"],
	["homtoep", "toep"],
	["ante(1)", "adh"],
	...[
		"car1",
		"ou",
		"sp(exp)",
		"sp(pow)"
	].map((name) => [name, "sp_exp"])
]);
/** Names of independent residuals with one standard deviation, which is what there is without a structure. */
const INDEPENDENT = [
	"vc",
	"simple",
	"homdiag",
	"ind",
	"independence",
	"none"
];
const EXAMPLE = "Write it like us(visit | subject), or us(visit | arm / subject).";
function residualSource(text) {
	return {
		text,
		noun: "“residual”",
		tag: "FormulaError",
		option: "residual"
	};
}
function dispersionSource(text) {
	return {
		text,
		noun: "“dispersion”",
		tag: "FormulaError",
		option: "dispersion"
	};
}
/**
* Parses a covariance structure of residuals, `us(visit | subject)` or `us(visit | by / subject)`. Names of structures may
* be written in capitals, and as SAS has them (`un`, `arh(1)`).
*
* Throws FormulaError with the column of the mistake.
*/
function parseResidual(text) {
	const source = residualSource(requireText(text, "residual"));
	const { word, position, inner } = parseStructure(source);
	const structure = structureNamed(word, position, source);
	if (inner === void 0) throw sourceError(source, text.length + 1, `'${word}' names no visit and no subject`, EXAMPLE);
	return {
		source: text,
		structure,
		...rolesOf(inner, source)
	};
}
/** The structure that a word means; throws the error of the source for none. */
function structureNamed(word, position, source) {
	const name = word.toLowerCase().replace(/\s+/g, "");
	const found = STRUCTURES.find((structure) => structure === name) ?? SYNONYMS.get(name);
	if (found !== void 0) return found;
	if (INDEPENDENT.includes(name)) throw sourceError(source, position, `'${word}' means independent residuals with one standard deviation, as they are without “residual”`, "Leave it out; diag has a standard deviation for each visit, “dispersion” one for each group.");
	const near = nearestName(name, [...STRUCTURES, ...SYNONYMS.keys()]);
	throw sourceError(source, position, `unknown structure '${word}'${near === void 0 ? "" : `; did you mean '${near}'?`}`, `Structures are ${STRUCTURES.join(", ")}.`);
}
/** The word of a structure, its number with it (`arh(1)`), and what stands in the parentheses behind it, if any. */
function parseStructure(source) {
	const parser = new ExpressionParser(source);
	if (parser.token.kind === "end") parser.fail(1, "there is no structure", EXAMPLE);
	if (parser.token.kind !== "name") parser.unexpected(EXAMPLE);
	const { text, position } = parser.advance();
	const first = parenthesis(parser);
	if (first === void 0 || findBar(first) !== void 0) {
		parser.end();
		return {
			word: text,
			position,
			inner: first
		};
	}
	const word = `${text}(${deparse(first)})`;
	if (parser.at("(")) {
		const second = parenthesis(parser);
		parser.end();
		return {
			word,
			position,
			inner: second
		};
	}
	parser.end();
	return SYNONYMS.has(word.toLowerCase().replace(/\s+/g, "")) ? {
		word,
		position,
		inner: void 0
	} : {
		word: text,
		position,
		inner: first
	};
}
/** What stands in the parentheses at hand; undefined where there are none. */
function parenthesis(parser) {
	if (!parser.at("(")) return void 0;
	const opened = parser.advance().position;
	if (parser.at(")")) parser.unexpected(EXAMPLE);
	const inner = parser.expression();
	if (parser.at(",")) parser.fail(parser.token.position, "'|' separates the visit from the subject", EXAMPLE);
	parser.close(opened);
	return inner;
}
/** Visit, groups and subject of `visit | by / subject`. */
function rolesOf(expression, source) {
	const inner = stripParentheses(expression);
	if (inner.type !== "binary" || !["|", "||"].includes(inner.operator)) throw sourceError(source, expression.position, "there is no '|' between a visit and a subject", EXAMPLE);
	if (inner.operator === "||") throw sourceError(source, inner.position, "unexpected '||'", EXAMPLE);
	for (const side of [inner.left, inner.right]) {
		const bar = findBar(side);
		if (bar !== void 0) throw sourceError(source, bar.position, "there is more than one '|'", EXAMPLE);
	}
	const left = stripParentheses(inner.left);
	if (left.type !== "name" && left.type !== "call") throw sourceError(source, left.position, "the visit is one column", "Write it like us(visit | subject); random effects such as ar1(0 + visit | subject) belong in the formula.");
	const visit = {
		label: deparse(left),
		expression: left
	};
	const right = stripParentheses(inner.right);
	const nested = right.type === "binary" && right.operator === "/";
	const outer = nested ? stripParentheses(right.left) : null;
	if (outer?.type === "binary" && outer.operator === "/") throw sourceError(source, outer.position, "there is more than one '/'", "Join groups by a colon: a:b / subject.");
	const by = outer === null ? null : parseInteraction(outer, source);
	const subject = parseInteraction(nested ? right.right : right, source);
	for (const { label, expression: own } of [
		visit,
		...by?.variables ?? [],
		...subject.variables
	]) {
		checkPlaces(own, source);
		if (own === left || label !== visit.label) continue;
		throw sourceError(source, own.position, `'${label}' cannot be both visit and subject`, EXAMPLE);
	}
	if (by?.name === subject.name) throw sourceError(source, right.position, `'${by.name}' cannot be both group and subject`, EXAMPLE);
	return {
		visit,
		subject,
		by
	};
}
/**
* Parses the model of the residuals' log standard deviation, a right side such as `~ sex` or `~ 0 + visit`.
*
* Throws FormulaError with the column of the mistake.
*/
function parseDispersion(text) {
	const source = dispersionSource(requireText(text, "dispersion"));
	const remedy = "Write it like ~ sex.";
	const parser = new ExpressionParser(source);
	if (!parser.at("~")) {
		if (parser.token.kind !== "end") parser.expression();
		if (parser.at("~")) parser.fail(1, "this has a left side", "Begin with the ~.");
		parser.fail(1, "there is no '~'", remedy);
	}
	parser.advance();
	if (parser.token.kind === "end") parser.unexpected(remedy);
	const right = parser.expression();
	if (parser.at("~")) parser.unexpected("There is one ~.");
	parser.end();
	const bar = findBar(right);
	if (bar !== void 0) throw sourceError(source, bar.position, "the standard deviation of residuals has no random terms", remedy);
	const terms = expandTerms(right, source);
	for (const { expression } of terms.variables) checkPlaces(expression, source);
	if (terms.offsets.length > 0) {
		const { position } = terms.variables[terms.offsets[0]].expression;
		throw sourceError(source, position, "an offset cannot stand here", remedy);
	}
	if (!terms.intercept && terms.terms.length === 0) throw sourceError(source, right.position, "this has no column", remedy);
	return {
		source: text,
		terms
	};
}
/** The variables that a structure reads: visit, groups, subject. */
function residualVariables({ visit, by, subject }) {
	return [
		visit,
		...by?.variables ?? [],
		...subject.variables
	];
}
function requireText(text, option) {
	if (typeof text === "string") return text;
	throw new FitError("FormulaError", `“${option}” is no text`, {
		option,
		source: "",
		position: 1,
		remedy: EXAMPLE
	});
}
//#endregion
//#region src/formula/residual-rows.ts
/** The structure and the standard deviations of residuals on the rows of a frame. */
/** Median rows of a subject at a visit above which they are replicates with a model of their own, no repeated entries. */
const MANY_ROWS = 3;
/**
* The structure on the rows of a frame without missing values. Only levels in use.
*
* Throws FormulaError for visits and times that are of the wrong kind.
*/
function residualRows(residual, frame) {
	const { structure, visit, subject, by, source } = residual;
	for (const { label, expression } of residualVariables(residual)) {
		const variable = frameVariable(frame, label);
		if (variable.kind === "factor" || variable.suffixes.length === 1) continue;
		throw sourceError(residualSource(source), expression.position, `${label} is no single column`, "Name a column.");
	}
	const variable = frameVariable(frame, visit.label);
	const name = bareName(visit.label);
	const rest = {
		structure,
		text: source,
		subject: factorOf(subject, frame),
		by: by === null ? null : factorOf(by, frame)
	};
	if (structure === "sp_exp") {
		if (variable.kind === "numeric") return {
			...rest,
			visit: null,
			time: {
				name,
				values: variable.values
			}
		};
		throw sourceError(residualSource(source), visit.expression.position, `the times of sp_exp are numbers, '${visit.label}' is ${variable.logical ? "logical" : "a factor (text)"}`, `Name a numeric column; for visits in order write ar1(${visit.label} | ${subject.name}).`);
	}
	if (variable.kind === "numeric" && !variable.values.every(Number.isInteger)) throw sourceError(residualSource(source), visit.expression.position, `the visits '${visit.label}' are numbers with decimals`, `For times write sp_exp(${visit.label} | ${subject.name}), for visits factor(${visit.label}).`);
	return {
		...rest,
		visit: factorOf({
			name,
			variables: [visit]
		}, frame),
		time: null
	};
}
function factorOf(group, frame) {
	const { levels, codes } = groupingOf(group, frame);
	return {
		name: group.name,
		levels,
		codes
	};
}
/**
* Refuses what no structure can mean: one visit for all rows, a subject in two groups, two rows of a subject at a visit.
*
* @throws DataError
*/
function checkResidual(rows, path) {
	const { subject, by, visit, time } = rows;
	const name = visit?.name ?? time?.name ?? "";
	const refuse = (message, remedy) => new FitError("DataError", message, {
		option: "residual",
		source: rows.text,
		remedy,
		path
	});
	const places = visit ?? rankedTimes(time?.values ?? new Float64Array(0));
	if (places.levels.length < 2) throw refuse(`'${name}' of “residual” is the same in all rows: ${places.levels[0]}`, `Name the column that tells the rows of a subject apart; without one, leave “residual” out.`);
	if (by !== null) {
		const group = new Int32Array(subject.levels.length).fill(-1);
		subject.codes.forEach((code, i) => {
			if (group[code] < 0) group[code] = by.codes[i];
			if (group[code] === by.codes[i]) return;
			const [one, other] = [by.levels[group[code]], by.levels[by.codes[i]]];
			throw refuse(`'${subject.name}' '${subject.levels[code]}' is in two groups of '${by.name}', '${one}' and '${other}'`, `Where names of subjects repeat between groups, write ${by.name} / ${by.name}:${subject.name}.`);
		});
	}
	const repeats = repeatedCells(subject, places);
	if (repeats === null) return;
	const { level, place, rows: count, cells, median } = repeats;
	const others = cells === 1 ? "" : `; ${cells} pairs of '${subject.name}' and '${name}' have several rows`;
	throw refuse(`'${subject.name}' '${subject.levels[level]}' has ${count} rows at '${name}' ${places.levels[place]}${others}`, median > MANY_ROWS ? randomRemedy(rows, name, median) : repeatRemedy(rows, name));
}
function repeatRemedy({ structure, subject }, name) {
	return `${structure === "diag" ? `For a standard deviation by visit alone write “dispersion: ~ 0 + ${name}”. ` : ""}Aggregate them to one row, or give them a random effect in the formula, + (1 | ${subject.name}:${name}).`;
}
/** Random effects come in these structures only. */
const RANDOM_STRUCTURE = {
	us: "us",
	cs: "cs",
	csh: "cs",
	diag: "diag"
};
/** With many rows a visit it is their common part that goes on from visit to visit. */
function randomRemedy({ structure, visit, subject }, name, median) {
	return `With a median of ${median} rows at a visit the structure belongs to the random effects: + ${RANDOM_STRUCTURE[structure] ?? "ar1"}(0 + ${visit === null || !name.startsWith("factor(") && visit.levels.every((level) => level !== "" && !Number.isNaN(Number(level))) ? `factor(${name})` : name} | ${subject.name}) in the formula, without “residual”.`;
}
/** Times as levels in order. */
function rankedTimes(values) {
	const sorted = Float64Array.from(new Set(values)).sort();
	const rank = /* @__PURE__ */ new Map();
	for (const value of sorted) rank.set(value, rank.size);
	return {
		levels: Array.from(sorted, String),
		codes: Int32Array.from(values, (value) => rank.get(value) ?? -1)
	};
}
/** The first subject and place with several rows, how many such pairs there are, and the median of rows a pair. */
function repeatedCells(subject, places) {
	const width = places.levels.length;
	const keys = Float64Array.from(subject.codes, (code, i) => code * width + places.codes[i]).sort();
	const counts = [];
	let first = -1;
	for (let i = 0, start = 0; i < keys.length; i++) {
		if (i + 1 < keys.length && keys[i + 1] === keys[i]) continue;
		const count = i + 1 - start;
		if (count > 1 && first < 0) first = counts.length;
		counts.push(count);
		start = i + 1;
	}
	if (first < 0) return null;
	const key = keys[first];
	const sorted = Int32Array.from(counts).sort();
	return {
		level: Math.floor(key / width),
		place: key % width,
		rows: counts[first],
		cells: counts.filter((count) => count > 1).length,
		median: sorted[sorted.length >> 1]
	};
}
/** The structure on some of its rows; levels that lose all their rows disappear. */
function subsetResidual(rows, keep) {
	const factor = ({ name, levels, codes }) => ({
		name,
		...dropUnused({
			levels,
			codes: gatherCodes(codes, keep)
		})
	});
	const { visit, time, subject, by } = rows;
	return {
		...rows,
		visit: visit === null ? null : factor(visit),
		time: time === null ? null : {
			name: time.name,
			values: gatherNumbers(time.values, keep)
		},
		subject: factor(subject),
		by: by === null ? null : factor(by)
	};
}
/** Columns of a frame without missing values and unused levels; `strict` refuses a factor with one level. */
function dispersionRows({ source, terms }, frame, codings, strict) {
	const { names, values } = modelMatrix(terms, frame, {
		codings,
		strict
	});
	return rankedColumns({
		text: source,
		names,
		x: values
	}, frame.n);
}
/** The columns on some rows, where the variables behind them are not known. */
function subsetDispersion(rows, n, keep) {
	return rankedColumns({
		...rows,
		x: gatherMatrix(rows.x, n, keep)
	}, keep.length);
}
function rankedColumns({ text, names, x }, n) {
	const kept = fullRank(n, {
		names,
		assign: names.map(() => 0),
		termLabels: [],
		x,
		dropped: []
	});
	return {
		rows: {
			text,
			names: kept.names,
			x: kept.x
		},
		dropped: kept.dropped
	};
}
//#endregion
//#region src/formula/design.ts
/**
* Model matrices of a formula on a table, as lme4's `lFormula` makes them: variables are evaluated on all given rows,
* rows with a missing value in any of them are left out, then unused levels; aliased columns are dropped.
*
* Throws FormulaError, OptionError or DataError for misuse; never for a design that is merely small or singular.
*/
function buildDesign(formula, table, options = {}) {
	const parsed = typeof formula === "string" ? parseFormula(formula) : formula;
	const training = startTraining();
	let scope = {
		table,
		rows: options.rows,
		source: formulaSource(parsed.source),
		training
	};
	const residual = options.residual === void 0 ? void 0 : parseResidual(options.residual);
	const dispersion = options.dispersion === void 0 ? void 0 : parseDispersion(options.dispersion);
	const beside = besideFormula(residual, dispersion);
	let evaluated = evaluateFrame(parsed, scope, beside);
	const weights = weightColumn(scope, options.weights);
	let offset = offsetColumn(parsed, evaluated, scope, options.offset);
	const complete = completeRows(parsed, evaluated, scope, {
		weights,
		offset,
		options
	});
	const { keep, rows } = complete;
	if (keep.length < evaluated.n && [...training.known.values()].some(({ kind }) => kind === "means")) {
		scope = {
			...scope,
			training: {
				...training,
				meanRows: keep
			}
		};
		evaluated = evaluateFrame(parsed, scope, beside);
		offset = offsetColumn(parsed, evaluated, scope, options.offset);
		refuseInfinite(evaluated, keep, scope);
	}
	const { frame, dropped } = dropUnusedLevels(gatherFrame(evaluated, keep));
	const codings = factorCodings([...parsed.fixed.variables, ...dispersion?.terms.variables ?? []], frame, table, options.contrastCodings);
	const random = randomTerms({
		formula: parsed,
		frame
	}, true);
	const source = {
		formula: parsed,
		frame,
		codings,
		order: orderByLevels(random),
		trained: [...training.known.values()],
		columns: summariseColumns(columnsOfParts(parsed, beside), table, rows),
		weights: options.weights ?? null,
		offset: options.offset ?? null,
		...residual === void 0 ? {} : { residual },
		...dispersion === void 0 ? {} : { dispersion }
	};
	const fixed = fixedEffects(source, true);
	const structured = structuredResiduals(source, true);
	if (structured.residual) checkResidual(structured.residual, table.path);
	const notes = [...complete.notes];
	for (const { label } of parsed.fixed.variables) {
		const levels = dropped.get(label);
		if (levels !== void 0) notes.push(`'${label}': dropped ${count(levels, "unused level")}: ${listed(levels)}`);
	}
	return {
		formula: parsed.source,
		rows,
		n: rows.length,
		...table.rowNames === void 0 ? {} : { rowNames: Array.from(rows, (row) => table.rowNames?.[row] ?? "") },
		fixed,
		random: source.order.map((index) => random[index]),
		...structured.residual === void 0 ? {} : { residual: structured.residual },
		...structured.dispersion === void 0 ? {} : { dispersion: structured.dispersion },
		...weights === void 0 ? {} : { weights: gatherNumbers(weights, keep) },
		...offset === void 0 ? {} : { offset: gatherNumbers(offset, keep) },
		notes: [
			...notes,
			...aliasNotes(fixed.dropped),
			...structured.notes
		],
		source
	};
}
/** The variables of the residuals' options, each with its text. */
function besideFormula(residual, dispersion) {
	const beside = [];
	if (residual) beside.push({
		source: residualSource(residual.source),
		variables: residualVariables(residual)
	});
	if (dispersion) beside.push({
		source: dispersionSource(dispersion.source),
		variables: dispersion.terms.variables
	});
	return beside;
}
/** Names of the columns that the right side of a formula and the residuals' options read. */
function columnsOfParts(formula, beside) {
	const names = new Set(formulaVariables(formula, { rightOnly: true }));
	for (const { variables } of beside) for (const { expression } of variables) collectNames(expression, names);
	return [...names];
}
/** What a design has of its residuals, and what there is to say of it, on a frame without missing values and unused levels. */
function structuredResiduals({ residual, dispersion, frame, codings }, strict) {
	const deviations = dispersion && dispersionRows(dispersion, frame, codings, strict);
	return {
		...residual === void 0 ? {} : { residual: residualRows(residual, frame) },
		...deviations === void 0 ? {} : { dispersion: deviations.rows },
		notes: deviations ? dispersionNotes(deviations.dropped) : []
	};
}
function dispersionNotes(dropped) {
	if (dropped.length === 0) return [];
	return [`“dispersion” is rank deficient: dropped ${count(dropped, "aliased column")}: ${listed(dropped)}`];
}
/** Fixed columns of a frame without missing values and unused levels. */
function fixedEffects({ formula, frame, codings }, strict) {
	const matrix = modelMatrix(formula.fixed, frame, {
		codings,
		strict
	});
	return fullRank(frame.n, {
		names: matrix.names,
		assign: matrix.assign,
		termLabels: ["(Intercept)", ...formula.fixed.labels],
		x: matrix.values,
		dropped: []
	});
}
function aliasNotes(dropped) {
	if (dropped.length === 0) return [];
	return [`fixed effects are rank deficient: dropped ${count(dropped, "aliased column")}: ${listed(dropped)}`];
}
/** Random terms of a frame, in the order of the formula. */
function randomTerms({ formula, frame }, strict) {
	const matrices = /* @__PURE__ */ new Map();
	return formula.random.map(({ terms, group, structure }) => {
		if (strict && structure === "ar1") requireFactor(terms, group, frame, formula.source);
		const key = JSON.stringify([terms.intercept, ...terms.labels]);
		let matrix = matrices.get(key);
		if (matrix === void 0) {
			matrix = modelMatrix(terms, frame, { strict });
			matrices.set(key, matrix);
		}
		return {
			group: group.name,
			names: matrix.names,
			...groupingOf(group, frame),
			z: matrix.values,
			...structure === void 0 ? {} : { structure }
		};
	});
}
/** The effects of `ar1(0 + visit | g)` follow each other as the levels of a factor do. */
function requireFactor({ variables: [visit] }, group, frame, source) {
	if (frameVariable(frame, visit.label).kind === "factor") return;
	throw sourceError(formulaSource(source), visit.expression.position, `the effects of ar1() follow the levels of a factor, '${visit.label}' is numeric`, `Write ar1(0 + factor(${deparse(visit.expression)}) | ${group.name}).`);
}
/** lme4's order: by number of levels, decreasing, unless it is so already; in sorting, ties come out reversed. */
function orderByLevels(terms) {
	const order = [...terms.keys()];
	if (terms.every((term, i) => i === 0 || term.levels.length <= terms[i - 1].levels.length)) return order;
	return order.sort((a, b) => terms[a].levels.length - terms[b].levels.length).reverse();
}
/** Names of the columns that an expression reads. */
function columnsRead(expression, { columns }) {
	const names = /* @__PURE__ */ new Set();
	collectNames(expression, names);
	return [...names].filter((name) => columns.some((column) => column.name === name));
}
/** Factors whose levels decide the columns of the fixed or random effects, by label. */
function codedFactors(source) {
	const models = [source.formula.fixed, ...source.formula.random.map((part) => part.terms)];
	return [...new Set(models.flatMap((model) => model.terms.flat().map((index) => model.variables[index].label)))].filter((label) => {
		const variable = frameVariable(source.frame, label);
		return variable.kind === "factor" && !variable.logical;
	});
}
/** Most names that one note lists. */
const LISTED$1 = 8;
function listed(names) {
	if (names.length <= LISTED$1) return names.join(", ");
	return `${names.slice(0, LISTED$1).join(", ")} and ${names.length - LISTED$1} more`;
}
function count(things, noun) {
	const number = typeof things === "number" ? things : things.length;
	return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
//#endregion
//#region src/formula/group-recipe.ts
/** The levels of a grouping factor: those of its variables, and their combinations in use. */
function groupRecipe({ variables }, { levels, codes }, frame) {
	const groupings = variables.map((variable) => groupingOf({
		name: variable.label,
		variables: [variable]
	}, frame));
	const atoms = variables.map(({ label }, a) => ({
		label,
		levels: groupings[a].levels
	}));
	if (atoms.length === 1) return {
		atoms,
		combinations: null
	};
	const combinations = new Array(levels.length).fill(-1);
	codes.forEach((level, i) => {
		if (combinations[level] < 0) combinations[level] = combination(groupings, i);
	});
	return {
		atoms,
		combinations
	};
}
/** Code of row i over several factors, the first varying slowest; -1 where a level is missing, NaN where one is new. */
function combination(atoms, i) {
	let code = 0;
	for (const { levels, codes } of atoms) {
		if (codes[i] < 0) return -1;
		code = codes[i] >= levels.length ? NaN : code * levels.length + codes[i];
	}
	return code;
}
//#endregion
//#region src/formula/residual-recipe.ts
/** What a recipe has of the residuals of a design. */
function residualRecipes({ source, residual, dispersion }) {
	const { frame, codings } = source;
	const recipe = (group, factor) => group && factor && groupRecipe(group, factor, frame);
	const groups = source.residual && groupsOf$1(source.residual);
	const columns = source.dispersion && modelMatrix(source.dispersion.terms, gatherFrame(frame, new Int32Array(0)), {
		codings,
		strict: false
	}).names;
	return {
		...groups && residual ? { residual: {
			text: residual.text,
			visit: recipe(groups.visit, residual.visit),
			subject: groupRecipe(groups.subject, residual.subject, frame),
			by: recipe(groups.by, residual.by)
		} } : {},
		...columns && dispersion ? { dispersion: {
			text: dispersion.text,
			names: dispersion.names,
			kept: placesOf$1(dispersion.names, columns)
		} } : {}
	};
}
/** Place of each kept column among all, in whose order they stand. */
function placesOf$1(names, all) {
	const kept = [];
	all.forEach((name, j) => {
		if (name === names[kept.length]) kept.push(j);
	});
	return kept;
}
/** Visit, subject and groups as grouping factors. */
function groupsOf$1({ visit, subject, by }) {
	return {
		visit: {
			name: visit.label,
			variables: [visit]
		},
		subject,
		by
	};
}
/**
* Whether the residuals of some rows of a design have the visits, groups and columns of the whole, so that one recipe does for
* both; subjects may be fewer, as levels of random terms may.
*/
function sameResiduals(design, subset) {
	const same = (whole, part) => (whole?.levels.length ?? 0) === (part?.levels.length ?? 0);
	const levels = ({ source }) => (source.dispersion?.terms.variables ?? []).map(({ label }) => {
		const variable = frameVariable(source.frame, label);
		return variable.kind === "factor" ? variable.levels.length : 0;
	});
	const names = ({ dispersion }) => dispersion?.names ?? [];
	return same(design.residual?.visit, subset.residual?.visit) && same(design.residual?.by, subset.residual?.by) && levels(design).join() === levels(subset).join() && names(design).join("\n") === names(subset).join("\n");
}
//#endregion
//#region src/formula/recipe.ts
/** How the design was made, for making rows of it from other tables. Cost is one pass over the rows of each variable. */
function recipeOf(built) {
	const { source, fixed, random } = built;
	const { formula, frame, codings } = source;
	const columns = modelMatrix(formula.fixed, gatherFrame(frame, new Int32Array(0)), {
		codings,
		strict: false
	});
	const kept = [];
	columns.names.forEach((name, j) => {
		if (name === fixed.names[kept.length] && columns.assign[j] === fixed.assign[kept.length]) kept.push(j);
	});
	return {
		formula: formula.source,
		rows: built.n,
		columns: source.columns,
		variables: usedVariables(source).map((variable) => variableRecipe(variable, source)),
		trained: source.trained,
		fixed: {
			names: fixed.names,
			assign: fixed.assign,
			kept,
			dropped: fixed.dropped,
			aliases: aliasRows(fixed),
			terms: formula.fixed.terms.map((term, t) => ({
				label: formula.fixed.labels[t],
				variables: term.map((index) => formula.fixed.variables[index].label)
			})),
			intercept: formula.fixed.intercept
		},
		nesting: nestedFactors(source),
		random: random.map((term, t) => randomRecipe(term, source.order[t], source)),
		weights: source.weights,
		offset: source.offset,
		...residualRecipes(built)
	};
}
/** Factors of the fixed effects whose levels lie each in one level of another, of which some level holds several. */
function nestedFactors({ formula, frame }) {
	const used = new Set(formula.fixed.terms.flat());
	const factors = formula.fixed.variables.flatMap(({ label }, index) => {
		const variable = used.has(index) ? frameVariable(frame, label) : null;
		return variable?.kind === "factor" ? [{
			label,
			...variable
		}] : [];
	});
	return factors.flatMap((inner) => factors.flatMap((outer) => {
		if (outer === inner || inner.levels.length <= outer.levels.length) return [];
		const holder = new Array(inner.levels.length).fill(-1);
		return inner.codes.every((code, i) => {
			if (holder[code] < 0) holder[code] = outer.codes[i];
			return holder[code] === outer.codes[i];
		}) ? [{
			label: inner.label,
			within: outer.label,
			holder
		}] : [];
	}));
}
function aliasRows({ dropped, names, aliases }) {
	if (dropped.length === 0) return [];
	if (aliases === void 0) return null;
	return dropped.map((_, k) => [...aliases.subarray(k * names.length, (k + 1) * names.length)]);
}
/** The recipe of a design that was built from a table; null for one made by hand. */
function designRecipe(design) {
	return "source" in design ? recipeOf(design) : null;
}
/** The recipe of some rows of a design: that of the whole, unless a factor lost levels, and its columns with them. */
function subsetRecipe(whole, design, subset) {
	if (whole === null || !("source" in design) || !("source" in subset)) return null;
	const frames = [design.source.frame, subset.source.frame];
	return codedFactors(design.source).every((label) => {
		const [before, after] = frames.map((frame) => frameVariable(frame, label));
		return before.kind === "factor" && after.kind === "factor" && before.levels.length === after.levels.length;
	}) && sameResiduals(design, subset) ? whole : recipeOf(subset);
}
/**
* Variables of the terms, fixed and random, and of the standard deviations and times of the residuals, each once; not those
* of grouping factors and visits alone.
*/
function usedVariables({ formula, residual, dispersion }) {
	const found = /* @__PURE__ */ new Map();
	const models = [
		formula.fixed,
		...formula.random.map(({ terms }) => terms),
		...dispersion ? [dispersion.terms] : []
	];
	for (const { terms, variables, offsets } of models) for (const index of [...terms.flat(), ...offsets]) found.set(variables[index].label, variables[index]);
	if (residual?.structure === "sp_exp") found.set(residual.visit.label, residual.visit);
	return [...found.values()];
}
function variableRecipe({ label, expression }, source) {
	const { frame, codings } = source;
	const variable = frameVariable(frame, label);
	const factor = variable.kind === "factor" ? variable : void 0;
	return {
		label,
		columns: columnsRead(expression, source),
		kind: variable.kind,
		suffixes: variable.kind === "numeric" ? variable.suffixes : [],
		levels: factor?.levels ?? [],
		ordered: factor?.ordered ?? false,
		logical: factor?.logical ?? false,
		coding: codings.get(label) ?? (factor?.ordered ? "poly" : "treatment")
	};
}
function randomRecipe(term, part, { formula, frame }) {
	return {
		group: term.group,
		names: term.names,
		part,
		...groupRecipe(formula.random[part].group, term, frame),
		...term.structure === void 0 ? {} : { structure: term.structure }
	};
}
//#endregion
//#region src/formula/subset.ts
/**
* The design on some of its used rows, as if the response were missing in the others. `keep` holds indices into
* 0..n-1, increasing. Levels that lose all their rows disappear, with their columns; aliased columns are dropped;
* transformations (poly, scale) stay as they were evaluated. Random terms keep the order of `design`, so that the
* parameters of many subsets line up. Never throws: a design may come out empty.
*
* A design without the variables it was built from (made by hand) keeps its columns, save aliased ones.
*/
function subsetDesign(design, keep) {
	const notes = [];
	const base = {
		formula: design.formula,
		rows: gatherCodes(design.rows, keep),
		n: keep.length,
		...design.weights === void 0 ? {} : { weights: gatherNumbers(design.weights, keep) },
		...design.offset === void 0 ? {} : { offset: gatherNumbers(design.offset, keep) }
	};
	if (!("source" in design)) {
		const columns = subsetColumns(design, keep);
		const { notes: said, ...structured } = subsetResiduals(design, keep);
		return {
			...base,
			...columns,
			...structured,
			notes: [...aliasNotes(columns.fixed.dropped), ...said]
		};
	}
	const { frame, dropped } = dropUnusedLevels(gatherFrame(design.source.frame, keep));
	const source = {
		...design.source,
		frame
	};
	const { notes: said, ...structured } = structuredResiduals(source, false);
	const lost = codedFactors(design.source).filter((label) => dropped.has(label));
	for (const label of lost) {
		const variable = frameVariable(frame, label);
		const left = variable.kind === "factor" ? variable.levels.length : 0;
		notes.push(`'${label}': ${left} levels left, without ${dropped.get(label)?.join(", ")}`);
	}
	if (lost.length === 0) {
		const columns = subsetColumns(design, keep);
		return {
			...base,
			...columns,
			...structured,
			notes: [...aliasNotes(columns.fixed.dropped), ...said],
			source
		};
	}
	const fixed = fixedEffects(source, false);
	const terms = randomTerms(source, false);
	const random = source.order.map((index) => terms[index]);
	return {
		...base,
		fixed,
		random,
		...structured,
		notes: [
			...notes,
			...aliasNotes(fixed.dropped),
			...said
		],
		source
	};
}
/** The residuals of a design whose variables are not known. */
function subsetResiduals(design, keep) {
	const { residual, dispersion, n } = design;
	const deviations = dispersion && subsetDispersion(dispersion, n, keep);
	return {
		...residual === void 0 ? {} : { residual: subsetResidual(residual, keep) },
		...deviations === void 0 ? {} : { dispersion: deviations.rows },
		notes: deviations ? dispersionNotes(deviations.dropped) : []
	};
}
function subsetColumns(design, keep) {
	const { n, fixed } = design;
	const matrices = /* @__PURE__ */ new Map();
	const random = design.random.map((term) => {
		let z = matrices.get(term.z);
		if (z === void 0) {
			z = gatherMatrix(term.z, n, keep);
			matrices.set(term.z, z);
		}
		const { levels, codes } = dropUnused({
			levels: term.levels,
			codes: gatherCodes(term.codes, keep)
		});
		return {
			...term,
			levels,
			codes,
			z
		};
	});
	return {
		fixed: fullRank(keep.length, {
			...fixed,
			x: gatherMatrix(fixed.x, n, keep)
		}),
		random
	};
}
//#endregion
//#region src/numeric/distributions/binet.ts
/**
* The two quantities out of which densities of the gamma and beta families are put together without cancellation
* (C. Loader, "Fast and accurate computation of binomial probabilities", 2000).
*/
/** From here on six terms of Stirling's series reach double precision. */
const ASYMPTOTIC = 16;
/** Binet's function: log Gamma(x) - (x - 1/2) log x + x - log(2 pi) / 2, for x > 0. */
function binet(x) {
	let shift = 0;
	let y = x;
	while (y < ASYMPTOTIC) {
		shift += (y + .5) * Math.log1p(1 / y) - 1;
		y++;
	}
	const v = 1 / (y * y);
	return shift + (1 / 12 - v * (1 / 360 - v * (1 / 1260 - v * (1 / 1680 - v * (1 / 1188 - v * 691 / 360360))))) / y;
}
/** x log(x / m) + m - x for x, m > 0, without cancellation where x is near m. */
function devianceTerm(x, m) {
	const difference = x - m;
	if (Math.abs(difference) >= .1 * (x + m)) return x * Math.log(x / m) + m - x;
	const v = difference / (x + m);
	const square = v * v;
	let sum = difference * v;
	let power = 2 * x * v;
	for (let k = 1; k < 1e3; k++) {
		power *= square;
		const next = sum + power / (2 * k + 1);
		if (next === sum) break;
		sum = next;
	}
	return sum;
}
//#endregion
//#region src/numeric/log-factorial.ts
/** Logarithms of factorials and binomial coefficients, for numbers that need not be whole. */
const HALF_LOG_TWO_PI = .5 * Math.log(2 * Math.PI);
/** log k! of small k, which is what counts mostly are. */
const SMALL = new Float64Array(256);
for (let k = 2; k < SMALL.length; k++) SMALL[k] = SMALL[k - 1] + Math.log(k);
/** log x! = log Gamma(x + 1), x >= 0. */
function logFactorial(x) {
	if (x < SMALL.length && Number.isInteger(x)) return SMALL[x];
	const y = x + 1;
	return (y - .5) * Math.log(y) - y + HALF_LOG_TWO_PI + binet(y);
}
/** log of m! / (k! (m - k)!), 0 <= k <= m, without cancellation (C. Loader's form, see `binet.ts`). */
function logBinomial(m, k) {
	const rest = m - k;
	if (!(k > 0 && rest > 0)) return 0;
	return binet(m) - binet(k) - binet(rest) - devianceTerm(k, m / 2) - devianceTerm(rest, m / 2) + .5 * Math.log(m / (2 * Math.PI * k * rest)) + m * Math.LN2;
}
//#endregion
//#region src/types/family.ts
/** Families of counts, which have exposures: `offset(log(total))`. */
function isCounts(family) {
	return family === "poisson" || family === "nbinom2" || family === "nbinom1";
}
//#endregion
//#region src/types/parameters.ts
/** All names of some lists, each where it first fits in. */
function nameUnion(lists) {
	const names = [];
	const known = /* @__PURE__ */ new Set();
	for (const list of lists) {
		let after = -1;
		for (const name of list) {
			if (known.has(name)) {
				after = names.indexOf(name);
				continue;
			}
			known.add(name);
			names.splice(++after, 0, name);
		}
	}
	return names;
}
//#endregion
//#region src/moments/collapse.ts
/** Strata of the design, or null when there are more than `limit` of them (a numeric covariate per row, say). */
function collapseRows(design, limit) {
	const { n } = design;
	const columns = [];
	for (const term of design.random) {
		columns.push(term.codes);
		for (let k = 0; k < term.names.length; k++) columns.push(term.z.subarray(k * n, (k + 1) * n));
	}
	const p = design.fixed.names.length;
	for (let k = 0; k < p; k++) columns.push(design.fixed.x.subarray(k * n, (k + 1) * n));
	if (design.weights) columns.push(design.weights);
	if (design.offset) columns.push(design.offset);
	const of = new Int32Array(n);
	let strata = n > 0 ? 1 : 0;
	for (const column of columns) {
		if (isConstant$2(column)) continue;
		const values = /* @__PURE__ */ new Map();
		const codes = new Int32Array(n);
		for (let i = 0; i < n; i++) {
			let code = values.get(column[i]);
			if (code === void 0) {
				code = values.size;
				if (code > limit) return null;
				values.set(column[i], code);
			}
			codes[i] = code;
		}
		const pairs = /* @__PURE__ */ new Map();
		for (let i = 0; i < n; i++) {
			const key = of[i] * values.size + codes[i];
			let code = pairs.get(key);
			if (code === void 0) {
				code = pairs.size;
				if (code > limit) return null;
				pairs.set(key, code);
			}
			of[i] = code;
		}
		strata = pairs.size;
	}
	const representative = new Int32Array(strata).fill(-1);
	const count = new Float64Array(strata);
	for (let i = 0; i < n; i++) {
		if (representative[of[i]] < 0) representative[of[i]] = i;
		count[of[i]]++;
	}
	return {
		of,
		representative,
		count
	};
}
function isConstant$2(column) {
	for (let i = 1; i < column.length; i++) if (column[i] !== column[0]) return false;
	return true;
}
//#endregion
//#region src/moments/block-pieces.ts
/**
* The pieces that blocks of a covariance are counted from: the rows of a subject, or fewer and smaller ones that say the same.
*
* Means and deviations. Of c rows of one level with independent residuals, the same scale and the same random effects,
* rows = z u + e with u a unit vector times a number, the part along u has the covariance s^2 + |u|^2 z G z' and what is left
* of the rows s^2 each, whatever the level: one row a level and kind, and sums over all levels. The same turns c rows of `cs` into a
* mean of variance s^2 (1 + (c - 1) rho) and c - 1 deviations of s^2 (1 - rho).
*
* Neighbours. `ar1`, `ad` and `sp_exp` are Markov: the density of a series is that of all pairs of neighbours over that of all
* rows between two others, so that log|V| and V^-1 are sums over pairs less sums over single rows, whatever the parameters are
* (Rue and Held, Gaussian Markov Random Fields, section 2.2).
*/
/** Rows of a block beyond which it is not formed. */
const MOST_ROWS = 1500;
function blockPieces(design, { q, rootWeight, factors }, terms, scales) {
	const { residual, n, random } = design;
	const p = design.fixed.names.length;
	const positions = residual?.visit ? Float64Array.from(residual.visit.codes) : residual?.time?.values ?? new Float64Array(n);
	const subject = (i) => residual?.subject.codes[i] ?? 0;
	const effects = terms.map((term, t) => effectColumns(random[t], term, factors[term.factor], n));
	const components = connectedRows(design);
	for (const rows of components) rows.sort((i, j) => subject(i) - subject(j) || positions[i] - positions[j] || i - j);
	for (const rows of components) refuseSeveralGroups(design, rows);
	const longest = components.reduce((most, rows) => Math.max(most, rows.length), 0);
	const scaleRow = (i) => scales.map((column) => column[i]);
	const plain = (rows, at, sign = 1) => ({
		group: residual?.by ? residual.by.codes[rows[0]] : 0,
		size: rows.length,
		rows,
		count: 1,
		sign,
		positions: Float64Array.from(rows, at),
		subjects: renumbered(rows, subject),
		scales: Float64Array.from(rows.flatMap(scaleRow)),
		effects: effects.map(({ codes, z, q: width }) => {
			const own = rows.flatMap((i) => Array.from({ length: width }, (_, a) => z[i * width + a] * (rootWeight?.[i] ?? 1)));
			return {
				z: Float64Array.from(own),
				levels: renumbered(rows, (i) => codes[i]),
				codes
			};
		})
	});
	const shares = new SharedRows(n, q, p);
	if (residual?.structure === "cs" && longest > 12 && random.length === 0 && components.every((rows) => isConstant$1(rows, scaleRow))) return {
		pieces: components.flatMap((rows) => {
			const { mean, deviations } = shares.join(rows, () => 1);
			const one = plain(rows.slice(0, 1), () => rows.length);
			return [{
				...one,
				rows: [mean]
			}, ...deviationPiece(one, deviations)];
		}),
		rows: shares.finish(),
		form: "means"
	};
	if (residual && isMarkov(residual.structure) && random.length === 0 && longest > 12) {
		const byVisit = residual.structure !== "ar1" && residual.structure !== "sp_exp";
		return {
			pieces: components.flatMap((rows) => {
				if (rows.length === 1) return [plain(rows, (i) => byVisit ? positions[i] : 0)];
				return rows.slice(1).flatMap((row, k) => {
					const from = byVisit ? 0 : positions[rows[k]];
					const pair = plain([rows[k], row], (i) => positions[i] - from);
					return k === 0 ? [pair] : [pair, plain([rows[k]], (i) => positions[i] - from, -1)];
				});
			}),
			rows: shares.finish(),
			form: "neighbours"
		};
	}
	if (!residual && random.length > 0) {
		const pieces = components.flatMap((rows) => {
			const alike = /* @__PURE__ */ new Map();
			for (const i of rows) {
				const key = [scaleRow(i), ...effects.map(({ codes, z, q: width }) => [codes[i], ...roundedRow(z, i, width)])].join(";");
				const known = alike.get(key);
				if (known) known.push(i);
				else alike.set(key, [i]);
			}
			if (alike.size === rows.length) return [plain(rows, () => 0)];
			const deviations = [];
			const firsts = [];
			const sizes = [];
			const joined = [];
			for (const members of alike.values()) {
				const found = shares.join(members, (i) => rootWeight?.[i] ?? 1);
				const [first] = members;
				firsts.push(first);
				sizes.push(found.size);
				joined.push(found.mean);
				deviations.push(...deviationPiece(plain([first], () => 0), found.deviations));
			}
			const block = plain(firsts, () => 0);
			const scaled = block.effects.map(({ z, levels, codes }) => {
				const width = z.length / firsts.length;
				return {
					z: z.map((value, at) => {
						const k = Math.floor(at / width);
						return value / (rootWeight?.[firsts[k]] ?? 1) * sizes[k];
					}),
					levels,
					codes: shares.codesOf(codes)
				};
			});
			return [{
				...block,
				rows: joined,
				effects: scaled
			}, ...deviations];
		});
		checkSizes(pieces);
		return {
			pieces,
			rows: shares.finish(),
			form: "subjects"
		};
	}
	const pieces = components.map((rows) => plain(rows, (i) => positions[i]));
	checkSizes(pieces);
	return {
		pieces,
		rows: shares.finish(),
		form: "subjects"
	};
}
/**
* Rows that random effects connect have the parameters of one group.
*
* @throws DataError
*/
function refuseSeveralGroups({ residual, random }, rows) {
	const by = residual?.by;
	if (!residual || !by) return;
	const other = rows.find((row) => by.codes[row] !== by.codes[rows[0]]);
	if (other === void 0) return;
	const [a, b] = [rows[0], other].map((row) => by.levels[by.codes[row]]);
	const factors = [...new Set(random.map(({ group }) => group))].join(" and ");
	throw new FitError("DataError", `${factors} connects rows of '${by.name}' '${a}' and '${b}'`, {
		option: "residual",
		source: residual.text,
		remedy: `Random effects beside residuals by group are of levels inside the groups: leave ${by.name} out of “residual”, or ${factors} out of the formula.`
	});
}
/** What is left of some rows beside their mean: rows of the first one's scale without random effects, one fewer than they are. */
function deviationPiece(first, deviations) {
	if (deviations.length < 2) return [];
	const effects = first.effects.map(({ z, levels, codes }) => ({
		z: z.map(() => 0),
		levels,
		codes
	}));
	return [{
		...first,
		rows: deviations,
		count: deviations.length - 1,
		positions: Float64Array.of(0),
		effects
	}];
}
/** Means and deviations of rows, numbered behind the rows. */
var SharedRows = class {
	n;
	q;
	p;
	groups = [];
	next;
	rowOf = [];
	constructor(n, q, p) {
		this.n = n;
		this.q = q;
		this.p = p;
		this.next = n;
	}
	/** Joins rows along a vector; a row alone stays what it is. `size` is the vector's length. */
	join(rows, along) {
		const direction = Float64Array.from(rows, along);
		let square = 0;
		for (const value of direction) square += value * value;
		const size = Math.sqrt(square);
		if (rows.length === 1) return {
			mean: rows[0],
			deviations: [],
			size
		};
		for (let k = 0; k < direction.length; k++) direction[k] /= size;
		const first = this.next;
		this.groups.push({
			rows,
			along: direction,
			first
		});
		this.next += rows.length + 1;
		this.rowOf.push(rows[0], ...rows);
		return {
			mean: first,
			deviations: rows.map((_, k) => first + 1 + k),
			size
		};
	}
	/** Levels of all rows from those of the design's. */
	codesOf(codes) {
		return Int32Array.from({ length: this.next }, (_, i) => i < this.n ? codes[i] : codes[this.rowOf[i - this.n]]);
	}
	finish() {
		const { n, p, groups } = this;
		const count = this.next;
		const values = new Float64Array(count);
		const expand = (r) => {
			values.set(r.length > n ? r.subarray(0, n) : r);
			for (const { rows, along, first } of groups) {
				let mean = 0;
				for (let k = 0; k < rows.length; k++) mean += along[k] * r[rows[k]];
				values[first] = mean;
				for (let k = 0; k < rows.length; k++) values[first + 1 + k] = r[rows[k]] - along[k] * mean;
			}
			return values;
		};
		if (groups.length === 0) return {
			count: n,
			q: this.q,
			expand: (r) => r
		};
		const q = new Float64Array(count * p);
		for (let c = 0; c < p; c++) q.set(expand(this.q.subarray(c * n, (c + 1) * n)), c * count);
		return {
			count,
			q,
			expand
		};
	}
};
function isConstant$1(rows, of) {
	const first = of(rows[0]);
	return rows.every((i) => of(i).every((value, k) => value === first[k]));
}
function roundedRow(z, i, width) {
	return Array.from({ length: width }, (_, a) => z[i * width + a].toPrecision(11));
}
/** @throws DataError for blocks that nobody waits for */
function checkSizes(pieces) {
	const largest = pieces.reduce((most, { size }) => Math.max(most, size), 0);
	if (largest <= 1500) return;
	throw new FitError("DataError", `subjects and random effects join ${largest} rows into one block of the covariance; ${MOST_ROWS} are the most`, { remedy: "Leave out the random effects that join subjects, or aggregate the rows of each subject and visit." });
}
/** Columns of a random term by row: those of the moments, or the formula's own where a structure is of these. */
function effectColumns(term, { q, column }, { codes, z }, n) {
	const out = new Float64Array(n * q);
	const stride = z.length / n;
	for (let i = 0; i < n; i++) for (let a = 0; a < q; a++) out[i * q + a] = term.structure ? term.z[a * n + i] : z[i * stride + column + a];
	return {
		codes,
		z: out,
		q
	};
}
/** Numbers 0, 1, ... of some values in the order in which they come. */
function renumbered(rows, of) {
	const known = /* @__PURE__ */ new Map();
	return Int32Array.from(rows, (i) => {
		const value = of(i);
		const found = known.get(value);
		if (found !== void 0) return found;
		known.set(value, known.size);
		return known.size - 1;
	});
}
/** Rows that a subject or a level of a random effect connects, directly or over others. */
function connectedRows(design) {
	const { n, residual, random } = design;
	const parent = Int32Array.from({ length: n }, (_, i) => i);
	const find = (i) => {
		let root = i;
		while (parent[root] !== root) root = parent[root];
		for (let at = i; parent[at] !== root;) [parent[at], at] = [root, parent[at]];
		return root;
	};
	for (const { codes, levels } of [...residual ? [residual.subject] : [], ...random]) {
		const first = new Int32Array(levels.length).fill(-1);
		for (let i = 0; i < n; i++) if (first[codes[i]] < 0) first[codes[i]] = i;
		else parent[find(i)] = find(first[codes[i]]);
	}
	const members = /* @__PURE__ */ new Map();
	for (let i = 0; i < n; i++) {
		const root = find(i);
		const known = members.get(root);
		if (known) known.push(i);
		else members.set(root, [i]);
	}
	return [...members.values()];
}
//#endregion
//#region src/moments/pattern-root.ts
/**
* What draws of responses need of a pattern of covariance blocks. With x_i the rows q_i1 ... q_im of a subject one behind the
* other, A the matrix of them (subjects x mp) and y_i independent N(0, V), everything that a fit takes follows from A'Y and
* Y'Y. With A = U B, U'U = I, these are
*
*     A'Y = B'(U'Y),   Y'Y = (U'Y)'(U'Y) + a Wishart matrix of count - rank degrees of freedom
*
* and the rows of U'Y are independent N(0, V) again: `rank` subjects with the rows of B stand for all of them. The rank is that
* of the functions of subjects that X is made of, three for an arm, a baseline and visits.
*/
/** Share of a row beyond which it is not spanned by others: the square root of what sums keep. */
const SPANNED$1 = 1e-9;
/** B, rank x size x p; `rows` are those of the design by subject, q is n x p column-major. */
function patternRoot(rows, count, size, q, n, p) {
	const width = size * p;
	const basis = [];
	const coordinates = [];
	const x = new Float64Array(width);
	for (let s = 0; s < count; s++) {
		for (let a = 0; a < size; a++) for (let c = 0; c < p; c++) x[a * p + c] = q[c * n + rows[s * size + a]];
		const own = new Array(basis.length).fill(0);
		const whole = Math.sqrt(dot(x, x));
		for (let pass = 0; pass < 2; pass++) basis.forEach((direction, k) => {
			const along = dot(direction, x);
			own[k] += along;
			for (let i = 0; i < width; i++) x[i] -= along * direction[i];
		});
		const rest = Math.sqrt(dot(x, x));
		if (rest > SPANNED$1 * whole) {
			basis.push(x.map((value) => value / rest));
			own.push(rest);
		}
		coordinates.push(own);
	}
	const rank = basis.length;
	const L = new Float64Array(rank * rank);
	for (const own of coordinates) for (let k = 0; k < own.length; k++) for (let l = 0; l <= k; l++) L[k * rank + l] += own[k] * own[l];
	for (let i = 0; i < rank; i++) for (let j = 0; j <= i; j++) {
		let sum = L[i * rank + j];
		for (let k = 0; k < j; k++) sum -= L[i * rank + k] * L[j * rank + k];
		if (i === j) L[i * rank + i] = Math.sqrt(Math.max(0, sum));
		else L[i * rank + j] = L[j * rank + j] > 0 ? sum / L[j * rank + j] : 0;
	}
	const out = new Float64Array(rank * width);
	for (let j = 0; j < rank; j++) for (let k = j; k < rank; k++) for (let i = 0; i < width; i++) out[j * width + i] += L[k * rank + j] * basis[k][i];
	return out;
}
function dot(a, b) {
	let sum = 0;
	for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
	return sum;
}
//#endregion
//#region src/moments/scale-columns.ts
/** Those of the rows of a design. */
function designScales({ n, residual, dispersion }) {
	return {
		n,
		structure: residual?.structure ?? null,
		dispersion: dispersion ? {
			names: dispersion.names,
			columns: dispersion.names.map((_, k) => dispersion.x.subarray(k * n, (k + 1) * n))
		} : null,
		visits: residual?.visit?.levels ?? [],
		groups: residual?.by?.levels ?? [""],
		group: (i) => residual?.by?.codes[i] ?? 0,
		visit: (i) => residual?.visit?.codes[i] ?? -1
	};
}
/**
* Columns of the log standard deviation: those of the dispersion model; one a visit and group where the structure has standard
* deviations by visit, one a group else. Of the latter those are left out that the columns before span.
*/
function scaleColumns({ n, structure, dispersion, visits, groups, group, visit }) {
	const names = [...dispersion?.names ?? []];
	const columns = [...dispersion?.columns ?? []];
	const byVisit = structure !== null && isHeterogeneous(structure);
	const scaleOf = new Int32Array(groups.length * Math.max(1, visits.length)).fill(-1);
	const basis = [];
	for (const column of columns) spans(basis, column);
	const own = !dispersion || byVisit || groups.length > 1;
	for (let g = 0; own && g < groups.length; g++) for (let v = 0; v < (byVisit ? visits.length : 1); v++) {
		const column = Float64Array.from({ length: n }, (_, i) => {
			return group(i) === g && (!byVisit || visit(i) === v) ? 1 : 0;
		});
		if (spans(basis, column)) continue;
		if (byVisit) scaleOf[g * visits.length + v] = columns.length;
		else scaleOf.fill(columns.length, g * Math.max(1, visits.length), (g + 1) * Math.max(1, visits.length));
		names.push([groups[g], byVisit ? visits[v] : ""].filter((text) => text !== "").join(":"));
		columns.push(column);
	}
	return {
		columns,
		layoutScales: {
			scales: names,
			dispersion: dispersion?.names.length ?? 0,
			scaleOf
		}
	};
}
/** Share of a column that has to be left of it for it not to be spanned by others. */
const SPANNED = 1e-9;
/** Whether an orthonormal basis spans a column, which joins it where it does not. */
function spans(basis, column) {
	const rest = Float64Array.from(column);
	const whole = norm(rest);
	for (let pass = 0; pass < 2; pass++) for (const direction of basis) {
		let along = 0;
		for (let i = 0; i < rest.length; i++) along += direction[i] * rest[i];
		for (let i = 0; i < rest.length; i++) rest[i] -= along * direction[i];
	}
	const left = norm(rest);
	if (!(left > SPANNED * whole)) return true;
	basis.push(rest.map((value) => value / left));
	return false;
}
function norm(values) {
	let sum = 0;
	for (let i = 0; i < values.length; i++) sum += values[i] * values[i];
	return Math.sqrt(sum);
}
//#endregion
//#region src/moments/covariance-blocks.ts
/**
* Sufficient statistics of models whose covariance V is block-diagonal: by subject with structured residuals, by row where
* only standard deviations differ, by whatever connects the levels of random effects. Subjects with the same pattern (visits,
* columns of scales and of random effects) have the same block of V, and all that a fit needs of them are sums over pairs of
* positions (a, b), with q the rows of Q (W^(1/2) X = Q R) and r those of W^(1/2) (y - X b_ols):
*
*     S_ab = sum_i (q_ia, r_ia)' (q_ib, r_ib)      X'V^-1 X = sum_P sum_ab (V_P^-1)_ab S_ab,  and so on
*
* so that no cost depends on the number of subjects. Patterns of few subjects keep their rows, which are less.
*/
/** Whether the covariance of a design is more than random effects beside equal residuals. */
function hasBlocks({ residual, dispersion, random }) {
	return residual !== void 0 || dispersion !== void 0 || random.some(({ structure }) => structure !== void 0);
}
/** The blocks of such a design, and its rows as they are made of; null for another. */
function covarianceBlocks(design, projector, terms) {
	if (!hasBlocks(design)) return null;
	const { residual, dispersion, random } = design;
	refuseRedundant(design);
	const p = design.fixed.names.length;
	const { columns, layoutScales } = scaleColumns(designScales(design));
	const { pieces, rows, form } = blockPieces(design, projector, terms, columns);
	const kinds = /* @__PURE__ */ new Map();
	for (const piece of pieces) {
		const key = pieceKey(piece);
		const known = kinds.get(key);
		if (known) {
			for (const row of piece.rows) known.rows.push(row);
			known.count += piece.count;
		} else kinds.set(key, {
			piece,
			rows: [...piece.rows],
			count: piece.count
		});
	}
	const blocks = [];
	let offset = 0;
	for (const { piece, rows: flat, count } of kinds.values()) {
		const { size, sign } = piece;
		const members = flat.length / size;
		const pairs = size * (size + 1) / 2;
		const fewer = pairs * (p * (p + 1) / 2 + p + 1) < members * size * (p + 1) * (size + (p + 2) / 2);
		const withEffects = piece.effects.some(({ z }) => z.some((value) => value !== 0));
		const sums = piece.sign < 0 || count !== members || fewer && !withEffects;
		const numbers = Int32Array.from(flat);
		const q = sums ? pairSums(numbers, members, size, sign, rows.q, rows.count, p) : gatheredRows(numbers, rows.q, rows.count, p);
		const effects = piece.effects.map(({ codes, z, levels }) => ({
			z,
			levels,
			codes: numbers.map((i) => codes[i] ?? -1)
		}));
		const { group, positions, subjects, scales } = piece;
		blocks.push({
			group,
			size,
			positions,
			subjects,
			scales,
			effects,
			count: sign * count,
			sign,
			sums,
			q,
			...sums && form !== "neighbours" ? { root: patternRoot(numbers, members, size, rows.q, rows.count, p) } : {},
			rows: numbers,
			offset
		});
		offset += sums ? pairs * (p + 1) : numbers.length;
	}
	const visits = residual?.visit?.levels ?? [];
	const groups = residual?.by?.levels ?? [""];
	const seen = residual?.structure === "us" ? seenPairs(blocks, groups, visits) : null;
	return {
		evidence: {
			layout: {
				structure: residual?.structure ?? null,
				form,
				text: residual?.text ?? "",
				dispersionText: dispersion?.text ?? "",
				visits,
				by: residual?.by?.name ?? null,
				groups,
				...layoutScales,
				spacing: residual?.time ? typicalSpacing(residual.time.values, residual.subject.codes) : 1,
				terms: random.map(({ structure }) => structure ?? null)
			},
			blocks,
			width: offset,
			units: residual ? {
				name: residual.subject.name,
				count: residual.subject.levels.length
			} : {
				name: random[0]?.group ?? null,
				count: random[0]?.levels.length ?? design.n
			},
			subjects: residual ? subjectFactor(residual.subject, projector.q, projector.rootWeight, p) : null,
			unseen: seen?.unseen ?? null,
			fewSubjects: seen?.few ?? false
		},
		rows
	};
}
/** @throws DataError for random effects of the subjects that the structure of their residuals holds already */
function refuseRedundant({ residual, random }) {
	if (!residual) return;
	const { structure, subject, text } = residual;
	for (const { group, names } of random) {
		const constant = ["cs", "toep"].includes(structure) && names.join() === "(Intercept)";
		if (group !== subject.name || !(structure === "us" || constant)) continue;
		throw new FitError("DataError", `${text} holds what (${names.join(" + ").replace("(Intercept)", "1")} | ${group}) adds: the two cannot be told apart`, {
			remedy: `Leave the random effects of ${group} out, or take a structure such as ar1.`,
			option: "residual"
		});
	}
}
/** What pieces of one kind have in common; columns that come out of a factorisation agree but for their rounding. */
function pieceKey({ group, sign, positions, subjects, scales, effects }) {
	return `${group};${sign};${positions};${subjects};${scales};${effects.map(({ z, levels }) => `${Array.from(z, (value) => value.toPrecision(11))}/${levels}`).join(";")}`;
}
function subjectFactor({ name, levels, codes }, q, rootWeight, p) {
	const n = codes.length;
	const ztz = new Float64Array(levels.length);
	const ztx = new Float64Array(levels.length * p);
	for (let i = 0; i < n; i++) {
		const root = rootWeight ? rootWeight[i] : 1;
		ztz[codes[i]] += root * root;
		for (let c = 0; c < p; c++) ztx[codes[i] * p + c] += root * q[c * n + i];
	}
	const one = Float64Array.of(1);
	return {
		factor: {
			group: name,
			levels,
			q: 1,
			offset: 0,
			ztz,
			ztx
		},
		term: {
			group: name,
			names: ["(Intercept)"],
			q: 1,
			factor: 0,
			column: 0,
			transform: one,
			meanSquare: one
		}
	};
}
/** sum_i q_ia q_ib' over pairs b <= a, both orders for b < a. */
function pairSums(rows, count, size, sign, q, n, p) {
	const triangle = p * (p + 1) / 2;
	const out = new Float64Array(size * (size + 1) / 2 * triangle);
	for (let s = 0; s < count; s++) {
		let pair = 0;
		for (let a = 0; a < size; a++) {
			const i = rows[s * size + a];
			for (let b = 0; b <= a; b++, pair++) {
				const j = rows[s * size + b];
				let at = pair * triangle;
				for (let c = 0; c < p; c++) for (let e = 0; e <= c; e++, at++) out[at] += sign * (q[c * n + i] * q[e * n + j] + (b < a ? q[c * n + j] * q[e * n + i] : 0));
			}
		}
	}
	return out;
}
function gatheredRows(rows, q, n, p) {
	const out = new Float64Array(rows.length * p);
	rows.forEach((row, i) => {
		for (let c = 0; c < p; c++) out[i * p + c] = q[c * n + row];
	});
	return out;
}
/** Median distance of neighbouring times of a subject. */
function typicalSpacing(times, subjects) {
	const order = [...times.keys()].sort((i, j) => subjects[i] - subjects[j] || times[i] - times[j]);
	const gaps = [];
	for (let k = 1; k < order.length; k++) if (subjects[order[k]] === subjects[order[k - 1]]) gaps.push(times[order[k]] - times[order[k - 1]]);
	gaps.sort((a, b) => a - b);
	return gaps[Math.floor(gaps.length / 2)] ?? 1;
}
/** The first pair of visits that no subject of a group has both, and whether a group has fewer subjects than visits. */
function seenPairs(blocks, groups, visits) {
	const m = visits.length;
	const seen = new Int32Array(groups.length * m * m);
	const subjects = new Int32Array(groups.length);
	for (const { group, positions, subjects: of, size, count } of blocks) {
		subjects[group] += count * new Set(of).size;
		for (let a = 0; a < size; a++) for (let b = 0; b < size; b++) if (of[a] === of[b]) seen[(group * m + positions[a]) * m + positions[b]] += count;
	}
	for (let g = 0; g < groups.length; g++) for (let a = 0; a < m; a++) for (let b = 0; b < a; b++) {
		const [first, second] = [b, a].map((v) => seen[(g * m + v) * m + v]);
		if (first === 0 || second === 0 || seen[(g * m + a) * m + b] > 0) continue;
		const where = groups[g] === "" ? "" : ` of ${groups[g]}`;
		return {
			unseen: `'${visits[b]}' and '${visits[a]}'${where}`,
			few: false
		};
	}
	return {
		unseen: null,
		few: subjects.some((count) => count > 0 && count < m)
	};
}
//#endregion
//#region src/moments/design-moments.ts
/**
* Moments of a design and the projector that belongs to it. With `strata` the rows are collapsed first, which gives the
* same moments. `weights` (length n) replace the design's own.
*/
function projectDesign(design, strata, weights) {
	const { n } = design;
	const p = design.fixed.names.length;
	const m = strata ? strata.representative.length : n;
	const row = (i) => strata ? strata.representative[i] : i;
	const count = strata ? strata.count : null;
	const prior = weights ?? design.weights;
	let rootWeight = null;
	let logDetW = 0;
	if (prior || count) {
		rootWeight = new Float64Array(m);
		for (let i = 0; i < m; i++) {
			const w = prior ? prior[row(i)] : 1;
			const c = count ? count[i] : 1;
			logDetW += c * Math.log(w);
			rootWeight[i] = Math.sqrt(w * c);
		}
	}
	const x = new Float64Array(m * p);
	for (let k = 0; k < p; k++) for (let i = 0; i < m; i++) x[k * m + i] = design.fixed.x[k * n + row(i)] * (rootWeight ? rootWeight[i] : 1);
	const qr = pivotedQr(x, m, p, 0);
	const q = thinQ(qr);
	const grouped = groupTerms(design.random);
	const terms = new Array(design.random.length);
	const factors = [];
	const factorRows = [];
	let offset = 0;
	grouped.forEach((members, f) => {
		const first = design.random[members[0]];
		const qf = members.reduce((sum, t) => sum + design.random[t].names.length, 0);
		const codes = new Int32Array(m);
		for (let i = 0; i < m; i++) codes[i] = first.codes[row(i)];
		const z = new Float64Array(m * qf);
		let column = 0;
		for (const t of members) {
			const term = design.random[t];
			const qt = term.names.length;
			const { scaled, transform, meanSquare } = orthonormaliseTerm(term, n, m, row, count);
			for (let i = 0; i < m; i++) for (let k = 0; k < qt; k++) z[i * qf + column + k] = scaled[k * m + i];
			terms[t] = {
				group: term.group,
				names: term.names,
				q: qt,
				factor: f,
				column,
				transform,
				meanSquare
			};
			column += qt;
		}
		factorRows.push({
			codes,
			z
		});
		const levels = first.levels.length;
		const { ztz, ztx } = factorSums(codes, z, levels, qf, q, m, p, rootWeight);
		factors.push({
			group: first.group,
			levels: first.levels,
			q: qf,
			offset,
			ztz,
			ztx
		});
		offset += levels * qf;
	});
	const crosses = [];
	for (let a = 0; a < factors.length; a++) for (let b = a + 1; b < factors.length; b++) crosses.push(crossSums(a, b, factors, factorRows, m, rootWeight));
	let offsets = null;
	if (design.offset) {
		offsets = new Float64Array(m);
		for (let i = 0; i < m; i++) offsets[i] = design.offset[row(i)];
	}
	const projected = {
		m,
		q,
		rootWeight,
		count,
		factors: factorRows,
		offset: offsets
	};
	const blocks = strata ? null : covarianceBlocks(design, projected, terms);
	const moments = {
		kind: "moments",
		n,
		p,
		coefficients: design.fixed.names,
		assign: design.fixed.assign,
		termLabels: design.fixed.termLabels,
		dropped: design.fixed.dropped.length,
		r: upperR(qr),
		logDetW,
		terms,
		factors,
		crosses,
		q: offset,
		xtxCentred: centredCrossProduct(design, m, row, count),
		...blocks ? { blocks: blocks.evidence } : {}
	};
	return {
		...projected,
		moments,
		blockRows: blocks?.rows ?? null
	};
}
/** Terms by grouping factor, factors in order of first appearance. */
function groupTerms(terms) {
	const byGroup = /* @__PURE__ */ new Map();
	terms.forEach((term, t) => {
		const members = byGroup.get(term.group);
		if (members) members.push(t);
		else byGroup.set(term.group, [t]);
	});
	return [...byGroup.values()];
}
/** zt = z T^-1 with mean square I over the n rows; `scaled` is m x q column-major. */
function orthonormaliseTerm(term, n, m, row, count) {
	const q = term.names.length;
	const z = new Float64Array(m * q);
	for (let k = 0; k < q; k++) for (let i = 0; i < m; i++) z[k * m + i] = term.z[k * n + row(i)];
	const meanSquare = new Float64Array(q * q);
	for (let a = 0; a < q; a++) for (let b = 0; b <= a; b++) {
		let sum = 0;
		for (let i = 0; i < m; i++) sum += z[a * m + i] * z[b * m + i] * (count ? count[i] : 1);
		meanSquare[a * q + b] = sum / n;
		meanSquare[b * q + a] = sum / n;
	}
	const transform = new Float64Array(q * q);
	if (q > 1) {
		const weighted = Float64Array.from(z);
		if (count) for (let k = 0; k < q; k++) for (let i = 0; i < m; i++) weighted[k * m + i] *= Math.sqrt(count[i]);
		const qr = pivotedQr(weighted, m, q, 1e-10);
		if (qr.rank === q) {
			const basis = thinQ(qr);
			const r = upperR(qr);
			const root = Math.sqrt(n);
			for (let i = 0; i < q * q; i++) transform[i] = r[i] / root;
			for (let k = 0; k < q; k++) for (let i = 0; i < m; i++) z[k * m + i] = basis[k * m + i] * root / (count ? Math.sqrt(count[i]) : 1);
			return {
				scaled: z,
				transform,
				meanSquare
			};
		}
	}
	for (let k = 0; k < q; k++) {
		const rms = Math.sqrt(meanSquare[k * q + k]);
		const scale = rms > 0 && Number.isFinite(rms) ? rms : 1;
		transform[k * q + k] = scale;
		if (scale !== 1) for (let i = 0; i < m; i++) z[k * m + i] /= scale;
	}
	return {
		scaled: z,
		transform,
		meanSquare
	};
}
function factorSums(codes, z, levels, qf, q, m, p, rootWeight) {
	const ztz = new Float64Array(levels * qf * qf);
	const ztx = new Float64Array(levels * qf * p);
	for (let i = 0; i < m; i++) {
		const root = rootWeight ? rootWeight[i] : 1;
		const level = codes[i];
		for (let a = 0; a < qf; a++) {
			const za = z[i * qf + a] * root;
			if (za === 0) continue;
			for (let b = 0; b < qf; b++) ztz[(level * qf + a) * qf + b] += za * z[i * qf + b] * root;
			const at = (level * qf + a) * p;
			for (let k = 0; k < p; k++) ztx[at + k] += za * q[k * m + i];
		}
	}
	return {
		ztz,
		ztx
	};
}
function crossSums(a, b, factors, rows, m, rootWeight) {
	const qa = factors[a].q;
	const qb = factors[b].q;
	const levelsA = factors[a].levels.length;
	const touched = Array.from({ length: levelsA }, () => /* @__PURE__ */ new Map());
	for (let i = 0; i < m; i++) {
		const map = touched[rows[a].codes[i]];
		const level = rows[b].codes[i];
		let block = map.get(level);
		if (!block) {
			block = new Float64Array(qa * qb);
			map.set(level, block);
		}
		const w = rootWeight ? rootWeight[i] ** 2 : 1;
		for (let k = 0; k < qa; k++) for (let l = 0; l < qb; l++) block[k * qb + l] += rows[a].z[i * qa + k] * rows[b].z[i * qb + l] * w;
	}
	const pointers = new Int32Array(levelsA + 1);
	for (let i = 0; i < levelsA; i++) pointers[i + 1] = pointers[i] + touched[i].size;
	const columns = new Int32Array(pointers[levelsA]);
	const values = new Float64Array(pointers[levelsA] * qa * qb);
	touched.forEach((map, i) => {
		[...map.entries()].sort((s, t) => s[0] - t[0]).forEach(([level, block], k) => {
			columns[pointers[i] + k] = level;
			values.set(block, (pointers[i] + k) * qa * qb);
		});
	});
	return {
		a,
		b,
		pointers,
		columns,
		values
	};
}
/** Unweighted (X - mean)'(X - mean), raw columns. */
function centredCrossProduct(design, m, row, count) {
	const { n } = design;
	const { x, names } = design.fixed;
	const p = names.length;
	const centred = new Float64Array(m * p);
	for (let k = 0; k < p; k++) {
		let sum = 0;
		for (let i = 0; i < m; i++) sum += x[k * n + row(i)] * (count ? count[i] : 1);
		const mean = sum / n;
		for (let i = 0; i < m; i++) centred[k * m + i] = x[k * n + row(i)] - mean;
	}
	const out = new Float64Array(p * p);
	for (let a = 0; a < p; a++) for (let b = 0; b <= a; b++) {
		let sum = 0;
		for (let i = 0; i < m; i++) sum += centred[a * m + i] * centred[b * m + i] * (count ? count[i] : 1);
		out[a * p + b] = sum;
		out[b * p + a] = sum;
	}
	return out;
}
//#endregion
//#region src/moments/moments.ts
/** Space for the moments of `count` responses. */
function emptyResponseMoments(design, count) {
	const { p, q, blocks, family } = design;
	const gaussian = family ? 0 : count;
	return {
		count,
		qty: new Float64Array(gaussian * p),
		ztr: new Float64Array(gaussian * q),
		rss: new Float64Array(gaussian),
		mean: new Float64Array(count),
		constant: new Uint8Array(count),
		expressed: new Int32Array(count).fill(-1),
		...blocks ? { blocks: new Float64Array(count * blocks.width) } : {},
		...family ? { family: new Float64Array(count * family.width) } : {}
	};
}
//#endregion
//#region src/moments/accumulate.ts
/** Reads response k on the rows of a design that are kept into `y`; returns how many values are not zero. */
function readRows(design, { rows: stride, values }, keep, k, y) {
	const from = k * stride;
	let expressed = 0;
	for (let i = 0; i < y.length; i++) {
		y[i] = values[from + design.rows[keep ? keep[i] : i]];
		if (y[i] !== 0) expressed++;
	}
	return expressed;
}
/** Responses by the rows that they have; each apart where it has weights of its own. */
function groupByRows(design, { rows: stride, names, values, weights }) {
	const { n, rows } = design;
	const groups = [];
	const places = /* @__PURE__ */ new Map();
	const pattern = new Uint16Array(Math.ceil(n / 16));
	for (let k = 0; k < names.length; k++) {
		pattern.fill(0);
		let missing = 0;
		for (let i = 0; i < n; i++) {
			const at = k * stride + rows[i];
			if (!Number.isNaN(values[at]) && !(weights && !(weights[at] > 0))) continue;
			pattern[i >> 4] |= 1 << (i & 15);
			missing++;
		}
		if (!weights) {
			const key = missing === 0 ? "" : patternText(pattern);
			const place = places.get(key);
			if (place !== void 0) {
				groups[place].members.push(k);
				continue;
			}
			places.set(key, groups.length);
		}
		groups.push({
			keep: missing === 0 ? null : rowsBut(pattern, n - missing),
			members: [k]
		});
	}
	return groups;
}
/** A pattern as a key, in parts that a call can take. */
function patternText(pattern) {
	let text = "";
	for (let at = 0; at < pattern.length; at += 4096) text += String.fromCharCode(...pattern.subarray(at, at + 4096));
	return text;
}
/** The rows, so many of them, that a pattern leaves. */
function rowsBut(pattern, count) {
	const keep = new Int32Array(count);
	for (let i = 0, at = 0; at < count; i++) if ((pattern[i >> 4] & 1 << (i & 15)) === 0) keep[at++] = i;
	return keep;
}
/** Weights of one response on the rows of its design, times the design's prior weights. */
function ownWeights(design, weights, from) {
	return Float64Array.from(design.rows, (row, i) => weights[from + row] * (design.weights ? design.weights[i] : 1));
}
/** Names of all coefficients over some designs, each where it first fits in. */
function coefficientUnion(designs) {
	return nameUnion(Array.from(designs, ({ coefficients }) => coefficients));
}
//#endregion
//#region src/numeric/barycentric.ts
/**
* Polynomial interpolation in barycentric form (J.-P. Berrut and L. N. Trefethen, "Barycentric Lagrange interpolation",
* 2004): lambda_j(x) = (b_j / (x - x_j)) / sum_k b_k / (x - x_k), b_j = 1 / prod_k (x_j - x_k). The lambda sum to 1.
*/
/** Chebyshev points of the second kind, increasing, both ends among them; at least two. */
function chebyshevPoints(low, high, count) {
	const half = (high - low) / 2;
	return Float64Array.from({ length: count }, (_, j) => {
		const fromLow = 2 * Math.sin(Math.PI * j / (2 * (count - 1))) ** 2;
		return fromLow <= 1 ? low + half * fromLow : high - half * 2 * Math.cos(Math.PI * j / (2 * (count - 1))) ** 2;
	});
}
/** The weights b of some points, but for a common factor. */
function barycentricWeights(points) {
	const scale = 4 / (points[points.length - 1] - points[0]);
	return points.map((x, j) => {
		let product = 1;
		for (let k = 0; k < points.length; k++) if (k !== j) product *= (x - points[k]) * scale;
		return 1 / product;
	});
}
/** Writes lambda(x) of some points to `out` from `at` on. */
function lagrangeBasis(points, weights, x, out, at) {
	let sum = 0;
	for (let j = 0; j < points.length; j++) {
		const distance = x - points[j];
		if (distance === 0) {
			out.fill(0, at, at + points.length);
			out[at + j] = 1;
			return;
		}
		const value = weights[j] / distance;
		out[at + j] = value;
		sum += value;
	}
	for (let j = 0; j < points.length; j++) out[at + j] /= sum;
}
//#endregion
//#region src/moments/count-nodes.ts
/**
* How often a response has each count, in numbers that do not grow with its largest: small counts one by one, larger ones
* interpolated. What a negative binomial likelihood needs of a count y,
*
*     log prod_{k < y} (1 + k nu) = log Gamma(y + 1/nu) - log Gamma(1/nu) + y log nu,
*
* is analytic in log y with singularities at least pi away from the real line, as `offset-nodes.ts` has it of offsets. Nodes are
* Chebyshev points in log y, rounded to whole counts, so that whoever reads them knows counts only.
*/
/** Counts from here on are interpolated, on panels that each reach four times as far as the last: half-width log 2 in log y. */
const EXACT = 64;
const FACTOR = 4;
const PANELS = 13;
/** Points of a panel, the last of which begins the next: an error of rho^-16 = 3e-16. */
const POINTS = 16;
/** Largest count that nodes reach. */
const LARGEST_COUNT = EXACT * FACTOR ** PANELS;
/** Nodes for counts up to some largest: all counts up to 63 or less, then those of the panels that reach it. */
function countNodes(largest) {
	if (largest < EXACT) return Float64Array.from({ length: largest + 1 }, (_, y) => y);
	const panels = panelOf(largest) + 1;
	const nodes = new Float64Array(EXACT + panels * (POINTS - 1) + 1);
	for (let y = 0; y < EXACT; y++) nodes[y] = y;
	for (let k = 0; k < panels; k++) nodes.set(panelCounts(k), EXACT + k * (POINTS - 1));
	return nodes;
}
/** Shares of counts among the nodes of {@link countNodes}, which are remembered. */
var CountInterpolation = class {
	known = /* @__PURE__ */ new Map();
	panels = [];
	sharesOf(count) {
		if (count < EXACT) return {
			first: count,
			shares: null
		};
		const known = this.known.get(count);
		if (known) return known;
		const k = panelOf(count);
		let panel = this.panels[k];
		if (!panel) {
			const points = panelCounts(k).map(Math.log);
			panel = {
				points,
				weights: barycentricWeights(points)
			};
			this.panels[k] = panel;
		}
		const shares = new Float64Array(POINTS);
		lagrangeBasis(panel.points, panel.weights, Math.log(count), shares, 0);
		const found = {
			first: EXACT + k * (POINTS - 1),
			shares
		};
		if (this.known.size < MOST_REMEMBERED) this.known.set(count, found);
		return found;
	}
};
const MOST_REMEMBERED = 16384;
function panelOf(count) {
	let k = 0;
	while (count > EXACT * FACTOR ** (k + 1)) k++;
	return k;
}
function panelCounts(k) {
	const low = EXACT * FACTOR ** k;
	return chebyshevPoints(Math.log(low), Math.log(low * FACTOR), POINTS).map((t) => Math.round(Math.exp(t)));
}
//#endregion
//#region src/moments/family-responses.ts
/**
* The numbers of a response under a family, as `family-evidence.ts` lists them, from its values on the rows of a design. What of the
* log likelihood depends on no parameter is its constant:
*
*     binomial    sum w log C(m, k); of proportions, whose trials are the weights, sum log C(w, w y)
*     poisson     sum w (y (o - O) - log y!),  O the offset of the pseudo-row
*     nbinom      -sum w log y!
*     else        0
*/
/** Adds up the numbers of a response with values `y` on the rows of a design in `out` from `at` on, where zeros are. */
function addFamilyResponse({ design, weights, trials }, evidence, rows, y, addTail, out, at) {
	const { n } = design;
	const { first, pointers, share, shift } = rows;
	const constant = at + evidence.statistics * evidence.rows;
	switch (evidence.family) {
		case "poisson":
		case "nbinom2":
			for (let i = 0; i < n; i++) {
				const value = y[i];
				const w = weights === void 0 ? 1 : weights[i];
				if (evidence.family === "nbinom2") addTail(value, w, out, constant + 1);
				if (value === 0) continue;
				for (let e = pointers[i], to = at + first[i]; e < pointers[i + 1]; e++) out[to++] += value * share[e];
				out[constant] += (shift === null ? 0 : value * shift[i]) - w * logFactorial(value);
			}
			return;
		case "binomial":
			for (let i = 0; i < n; i++) {
				const value = y[i];
				const w = weights === void 0 ? 1 : weights[i];
				if (trials) {
					const k = Math.round(value);
					out[at + first[i]] += w * k;
					out[constant] += w * logBinomial(trials[design.rows[i]], k);
				} else {
					const k = value === 0 || value === 1 ? w * value : Math.round(w * value);
					out[at + first[i]] += k;
					out[constant] += logBinomial(w, k);
				}
			}
			return;
		case "Gamma":
			for (let i = 0; i < n; i++) {
				const w = weights === void 0 ? 1 : weights[i];
				const log = Math.log(y[i]);
				out[at + first[i]] += y[i] * share[i];
				out[constant + 1] += w * (log - (design.offset?.[i] ?? 0));
				out[constant + 2] += w * log;
			}
			return;
		case "beta":
			for (let i = 0; i < n; i++) {
				const w = weights === void 0 ? 1 : weights[i];
				out[at + first[i]] += w * Math.log(y[i]);
				out[at + evidence.rows + first[i]] += w * Math.log1p(-y[i]);
			}
			return;
		default: for (let i = 0; i < n; i++) out[at + y[i] * evidence.rows + first[i]] += weights === void 0 ? 1 : weights[i];
	}
}
/** Tails over some counts, each its own. */
function exactTail(counts) {
	const place = new Map(Array.from(counts, (count, v) => [count, v]));
	return (value, weight, out, at) => {
		out[at + (place.get(value) ?? NaN)] += weight;
	};
}
/** Tails over nodes. */
function interpolatedTail(interpolation) {
	return (value, weight, out, at) => {
		const { first, shares } = interpolation.sharesOf(value);
		if (shares === null) out[at + first] += weight;
		else for (let j = 0; j < shares.length; j++) out[at + first + j] += weight * shares[j];
	};
}
//#endregion
//#region src/moments/family-values.ts
/** Values that a family can have, and what to do about others. */
/** How far successes may be off a whole number, relative: proportions are rounded. */
const ROUNDING = 1e-6;
const COUNTS = {
	wanted: "counts are whole numbers, zero or more",
	remedy: "Give raw counts; for values that were normalised leave “family” out."
};
const TOO_LARGE = {
	wanted: `counts reach ${LARGEST_COUNT} at most`,
	remedy: "Leave the response out."
};
const PROPORTIONS = {
	wanted: "binomial responses are 0 and 1, or proportions of a number of trials",
	remedy: "Give successes and failures as cbind(successes, failures), or proportions with their trials as “weights”."
};
const TRIALS = {
	wanted: "successes are whole numbers from 0 to the number of trials",
	remedy: "Give successes and failures as cbind(successes, failures)."
};
const OPEN_UNIT = {
	wanted: "responses of “family: beta” lie between 0 and 1, neither of them among them",
	remedy: "Shrink the values a little, (y (n - 1) + 0.5) / n for one, or use “family: binomial” for counts of successes."
};
const POSITIVE = {
	wanted: "responses of “family: Gamma” are greater than 0",
	remedy: "Leave out rows of 0 with “where”, or use another family."
};
/** What is wrong with a value; null when nothing is. `trials` is the number of trials of its row, null where weights are. */
function valueFault(family, value, { trials, weight, categories }) {
	switch (family) {
		case "binomial":
			if (trials !== null) return trials >= 0 && isWhole$1(value) && value <= trials && isWhole$1(trials) ? null : TRIALS;
			if (value === 0 || value === 1) return null;
			return value > 0 && value < 1 && isWhole$1(value * weight) && isWhole$1(weight) ? null : PROPORTIONS;
		case "Gamma": return value > 0 && value < Number.POSITIVE_INFINITY ? null : POSITIVE;
		case "beta": return value > 0 && value < 1 ? null : OPEN_UNIT;
		case "cumulative":
			if (Number.isInteger(value) && value >= 1 && value <= categories) return null;
			return {
				wanted: `categories are the numbers 1 to ${categories}`,
				remedy: "Give an ordered factor as the response."
			};
		default:
			if (!(Number.isInteger(value) && value >= 0)) return COUNTS;
			return value <= LARGEST_COUNT ? null : TOO_LARGE;
	}
}
function isWhole$1(value) {
	return Math.abs(value - Math.round(value)) <= ROUNDING * Math.max(1, value) && value >= 0;
}
/** The error for such a value. */
function impossibleValue({ wanted, remedy }, response, row, value) {
	return new FitError("DataError", `'${response}' has the value ${value} in ${row}: ${wanted}`, {
		option: "family",
		remedy
	});
}
function infiniteOffset(offset, row) {
	return new FitError("DataError", `the offset is ${offset} in ${row}`, {
		option: "offset",
		remedy: offset === Number.NEGATIVE_INFINITY ? "That is the logarithm of a total of 0: leave such rows out with “where” or “minCounts”." : "Leave the row out with “where”."
	});
}
/** @throws OptionError for counts that are not to be taken as they are */
function refuseNormalisation(family, normalisation) {
	if (normalisation === void 0 || normalisation === "none") return;
	throw new FitError("OptionError", `“family: ${family}” takes counts as they are, not “normalisation: ${normalisation}”`, {
		option: "normalisation",
		remedy: "Leave “normalisation” out, and give the totals of the rows as offset(log(total))."
	});
}
//#endregion
//#region src/moments/offset-nodes.ts
/**
* Offsets of a stratum (rows with the same columns of x and z and the same levels) as few nodes. With t the linear predictor
* without the offset, a negative binomial likelihood (nu = 1 / size) has of its rows' offsets o_i
*
*     sum_i (y_i + 1 / nu) log(1 + nu exp(t + o_i))  ~  sum_j (wy_j + wn_j / nu) log(1 + nu exp(t + o_j)),
*     wy_j = sum_i y_i lambda_j(o_i),   wn_j = sum_i lambda_j(o_i)
*
* with lambda the Lagrange basis of Chebyshev points o_j: the function is analytic in o, its singularities are pi away
* from the real line. On a panel of half-width h the error falls as rho^-K, rho = pi / h + sqrt((pi / h)^2 + 1) (L. N.
* Trefethen, Approximation Theory and Approximation Practice, theorem 8.2), so log rho = asinh(pi / h) says how many points it
* takes. Interpolation is exact for what is linear in o, sums of y and of rows among it.
*/
/** K log rho: an error of exp(-27) = 2e-12 of the function, as 16 points on a half-width of 1.2 have it. */
const ACCURACY = 27;
/** Points of a panel at most; offsets further apart are split. */
const MOST_POINTS = 32;
/** Points that a panel of some half-width takes. */
function pointsOf(halfWidth) {
	return Math.max(2, Math.ceil(ACCURACY / Math.asinh(Math.PI / halfWidth)));
}
/** The panels of the rows of one stratum; `exact` keeps every offset. */
function offsetPanels(offset, rows, exact) {
	const sorted = rows.slice().sort((a, b) => offset[a] - offset[b]);
	const low = offset[sorted[0]];
	const high = offset[sorted[sorted.length - 1]];
	let count = 1;
	while (!exact && pointsOf((high - low) / (2 * count)) > MOST_POINTS) count++;
	const panels = [];
	for (let from = 0, k = 1; from < sorted.length; k++) {
		const end = k === count ? high : low + (high - low) * k / count;
		let to = from;
		while (to < sorted.length && offset[sorted[to]] <= end) to++;
		if (to > from) panels.push(...panelsOf(offset, sorted.subarray(from, to), exact));
		from = to;
	}
	return panels;
}
/** One panel of rows in the order of their offsets, or one an offset where these are no more than nodes would be. */
function panelsOf(offset, rows, exact) {
	const low = offset[rows[0]];
	const high = offset[rows[rows.length - 1]];
	const starts = [];
	rows.forEach((row, k) => {
		if (k === 0 || offset[row] !== offset[rows[k - 1]]) starts.push(k);
	});
	const count = pointsOf((high - low) / 2);
	if (exact || starts.length <= count) return starts.map((from, k) => {
		return {
			points: Float64Array.of(offset[rows[from]]),
			rows: rows.subarray(from, starts[k + 1]),
			basis: null
		};
	});
	const points = chebyshevPoints(low, high, count);
	const weights = barycentricWeights(points);
	const basis = new Float64Array(rows.length * count);
	rows.forEach((row, k) => {
		lagrangeBasis(points, weights, offset[row], basis, k * count);
	});
	return [{
		points,
		rows,
		basis
	}];
}
//#endregion
//#region src/moments/family-rows.ts
/**
* Pseudo-rows of a design under a family (`family-evidence.ts` says what they are), and where each row of the design puts its
* value. Rows that differ in nothing but their offsets are one pseudo-row where the likelihood allows it:
*
*     poisson    sum_i w_i (y_i eta_i - exp(eta_i)) = S (t + O) - exp(t + O) + sum_i w_i y_i (o_i - O),   O = log sum w exp(o),  S = sum w y
*     Gamma      y exp(-o) has the same shape and the mean exp(t)
*     nbinom2    as nodes (`offset-nodes.ts`)
*
* with t the linear predictor without the offset.
*/
/** Values, rows times responses, up to which offsets are kept as they are: nodes save nothing there. */
const EXACT_VALUES = 16384;
/**
* The pseudo-rows of a design for families whose responses share them: all but nbinom1. `weights` replace the design's own.
*
* @param responses number of responses that will use them
*/
function familyRows(design, { family, link, trials }, responses, weights = design.weights) {
	if (family === "nbinom2") return nodeRows(design, link, design.n * responses <= EXACT_VALUES, weights);
	const strata = strataOf(design, !(family === "poisson" || family === "Gamma"));
	const { of, representative } = strata;
	const rows = representative.length;
	const { n, offset } = design;
	const first = of;
	const pointers = Int32Array.from({ length: n + 1 }, (_, i) => i);
	const share = Float64Array.from({ length: n }, (_, i) => weights?.[i] ?? 1);
	const mass = new Float64Array(rows);
	for (let i = 0; i < n; i++) mass[of[i]] += share[i] * (trials ? trials[design.rows[i]] : 1);
	let offsets = new Float64Array(rows);
	let shift = null;
	if (family === "poisson") {
		offsets = logExposure(strata, offset, share);
		mass.fill(1);
		shift = share.map((w, i) => w * ((offset?.[i] ?? 0) - offsets[of[i]]));
	} else if (family === "Gamma") {
		if (offset) for (let i = 0; i < n; i++) share[i] *= Math.exp(-offset[i]);
	} else if (offset) offsets = Float64Array.from(representative, (i) => offset[i]);
	return {
		frame: frameOf(design, family, link, representative, offsets, mass),
		first,
		pointers,
		share,
		shift
	};
}
/** Pseudo-rows of nbinom2: the offsets of each stratum, or nodes. */
function nodeRows(design, link, exact, weights) {
	const { n } = design;
	const offset = design.offset ?? new Float64Array(n);
	const { of, representative } = strataOf(design, false);
	const first = new Int32Array(n);
	const pointers = new Int32Array(n + 1);
	const points = [];
	const representatives = [];
	const panels = membersOf$1(of, representative.length).flatMap((rows) => offsetPanels(offset, rows, exact));
	for (const { points: own, rows } of panels) {
		for (const i of rows) {
			first[i] = points.length;
			pointers[i + 1] = own.length;
		}
		points.push(...own);
		representatives.push(...Array.from(own, () => rows[0]));
	}
	for (let i = 0; i < n; i++) pointers[i + 1] += pointers[i];
	const share = new Float64Array(pointers[n]);
	const mass = new Float64Array(points.length);
	for (const { points: own, rows, basis } of panels) rows.forEach((i, k) => {
		const w = weights?.[i] ?? 1;
		for (let j = 0; j < own.length; j++) {
			const value = basis ? w * basis[k * own.length + j] : w;
			share[pointers[i] + j] = value;
			mass[first[i] + j] += value;
		}
	});
	return {
		frame: frameOf(design, "nbinom2", link, Int32Array.from(representatives), Float64Array.from(points), mass),
		first,
		pointers,
		share,
		shift: null
	};
}
/**
* What belongs to a design whatever the family of its responses. Offsets take no part in it, so that rows collapse without them.
*
* @throws DataError for an offset that is not finite; OptionError for a structured covariance
*/
function familyDesign(design, named, weights) {
	if (hasBlocks(design)) throw new FitError("OptionError", "structured covariances are of models with normal residuals", {
		option: "residual",
		remedy: "Leave “residual”, “dispersion” and structures of random terms out, or “family”."
	});
	design.offset?.forEach((value, i) => {
		if (!Number.isFinite(value)) throw infiniteOffset(value, named(i));
	});
	const { offset: _, ...bare } = design;
	return projectDesign(bare, weights === design.weights ? collapseRows(bare, Math.floor(design.n / 8)) : null, weights).moments;
}
/** Rows with the same columns of x and z and the same levels, weights apart. */
function strataOf(design, withOffset) {
	const { weights: _, offset, ...bare } = design;
	const strata = collapseRows(withOffset && offset ? {
		...bare,
		offset
	} : bare, Number.POSITIVE_INFINITY);
	if (strata) return strata;
	throw new RangeError("strata without a limit are never too many");
}
/** Rows of each stratum. */
function membersOf$1(of, strata) {
	const starts = new Int32Array(strata + 1);
	for (const s of of) starts[s + 1]++;
	for (let s = 0; s < strata; s++) starts[s + 1] += starts[s];
	const next = starts.slice(0, strata);
	const order = new Int32Array(of.length);
	of.forEach((s, i) => {
		order[next[s]++] = i;
	});
	return Array.from({ length: strata }, (_, s) => order.subarray(starts[s], starts[s + 1]));
}
/** log sum w exp(o) of each stratum, about the offset of one row, so that no offset is too large. */
function logExposure({ of, representative }, offset, w) {
	const most = Float64Array.from(representative, (i) => offset?.[i] ?? 0);
	offset?.forEach((o, i) => {
		most[of[i]] = Math.max(most[of[i]], o);
	});
	const sums = new Float64Array(most.length);
	of.forEach((s, i) => {
		sums[s] += w[i] * Math.exp((offset?.[i] ?? 0) - most[s]);
	});
	return sums.map((sum, s) => most[s] + Math.log(sum));
}
/** The columns of pseudo-rows, each as a row of the design has them. */
function frameOf({ n, fixed, random }, family, link, representative, offset, mass) {
	const byRow = (columns, width) => {
		const out = new Float64Array(representative.length * width);
		representative.forEach((i, r) => {
			for (let k = 0; k < width; k++) out[r * width + k] = columns[k * n + i];
		});
		return out;
	};
	const effects = random.map(({ names, z, codes }) => {
		return {
			z: byRow(z, names.length),
			codes: Int32Array.from(representative, (i) => codes[i])
		};
	});
	return {
		family,
		link,
		rows: representative.length,
		x: byRow(fixed.x, fixed.names.length),
		offset,
		mass,
		effects
	};
}
/** The evidence that a frame makes for responses with some counts in their tail, or some categories. */
function familyEvidence(frame, { counts = new Float64Array(0), categories = [] } = {}) {
	const { family } = frame;
	const statistics = statisticsOf(family, categories.length);
	return {
		...frame,
		statistics,
		counts,
		categories,
		width: statistics * frame.rows + 1 + tailOf(family, counts)
	};
}
/** Statistics of a pseudo-row. */
function statisticsOf(family, categories) {
	if (family === "cumulative") return categories;
	return family === "beta" ? 2 : 1;
}
/** Numbers behind a response's constant. */
function tailOf(family, counts) {
	return family === "Gamma" ? 2 : counts.length;
}
//#endregion
//#region src/moments/table-moments.ts
/** @throws DataError for responses that are not over the rows of the design's table */
function checkDense$1(design, { rows, names, values, weights }) {
	const last = design.n > 0 ? design.rows[design.n - 1] : -1;
	const sizes = [values, ...weights ? [weights] : []].every((array) => array.length === rows * names.length);
	if (last < rows && sizes) return;
	throw new FitError("DataError", last >= rows ? `the design uses row ${last + 1}, but the responses have ${rows} rows` : `the values (or weights) of ${names.length} responses do not fill ${rows} rows each`, { remedy: "Pass responses over the same rows as the table that the design was built on." });
}
/** The run that the batches of a design make. */
function joinDense(design, responses, batches) {
	const recipe = designRecipe(design);
	return {
		formula: design.formula,
		names: responses.names,
		...responses.genes ? { genes: responses.genes } : {},
		batches,
		coefficients: coefficientUnion([{ coefficients: design.fixed.names }, ...batches.map((batch) => batch.design)]),
		notes: design.notes,
		...recipe ? { recipe } : {}
	};
}
//#endregion
//#region src/moments/value-rows.ts
function valueStrata(design) {
	const zeros = strataOf(design, false);
	return {
		zeros,
		others: design.offset ? strataOf(design, true) : zeros
	};
}
/**
* The pseudo-rows of a response and their values. The zeros of a stratum are one, whatever their offsets, because
* log P(0) = -(mu / phi) log(1 + phi) is linear in the mean: their offset is the logarithm of the mean exposure.
*/
function valueRows(design, link, y, { zeros, others }, weights = design.weights) {
	const offset = design.offset;
	const places = /* @__PURE__ */ new Map();
	const representatives = [];
	const mass = [];
	const exposure = [];
	for (let i = 0; i < design.n; i++) {
		const key = y[i] === 0 ? -1 - zeros.of[i] : y[i] * others.representative.length + others.of[i];
		let place = places.get(key);
		if (place === void 0) {
			place = places.size;
			places.set(key, place);
			representatives.push(i);
			mass.push(0);
			exposure.push(0);
		}
		const w = weights?.[i] ?? 1;
		mass[place] += w;
		if (offset) exposure[place] += w * Math.exp(offset[i] - offset[representatives[place]]);
	}
	const rows = Int32Array.from(representatives);
	return {
		frame: frameOf(design, "nbinom1", link, rows, Float64Array.from(rows, (i, r) => {
			if (!offset) return 0;
			return y[i] === 0 ? offset[i] + Math.log(exposure[r] / mass[r]) : offset[i];
		}), Float64Array.from(mass)),
		values: Float64Array.from(rows, (i) => y[i])
	};
}
//#endregion
//#region src/moments/family-moments.ts
/** Responses up to which a tail holds the counts that they have. */
const FEW_RESPONSES = 16;
/**
* What generalised models need of responses in memory, under one design. Responses share a batch where the pseudo-rows and what
* stands beside them are the same: those with the same missing rows, of nbinom1 each alone, of ordinal responses those with the same
* categories.
*
* @throws FitError DataError for values that the family cannot have and offsets that are not finite; OptionError for a structured covariance
*/
function familyMoments(design, responses, family) {
	checkDense$1(design, responses);
	const whole = designRecipe(design);
	const batches = [];
	for (const { keep, members } of groupByRows(design, responses)) batches.push(...groupBatches(design, responses, family, whole, keep, members));
	return joinDense(design, responses, batches);
}
/** The batches of responses that have the same rows. */
function groupBatches(design, responses, family, whole, keep, members) {
	const rowsOf = keep ? subsetDesign(design, keep) : design;
	const { n } = rowsOf;
	const { rows: stride, weights: given } = responses;
	const weights = given ? ownWeights(rowsOf, given, members[0] * stride) : rowsOf.weights;
	const named = rowNamer$1(design, responses, keep);
	const base = familyDesign(rowsOf, named, weights);
	const source = {
		design: rowsOf,
		weights,
		trials: family.trials ?? null
	};
	const y = new Float64Array(n);
	const read = (k) => {
		const expressed = readRows(design, responses, keep, k, y);
		checkValues(source, family, y, responses.names[k], named);
		return expressed;
	};
	const recipe = subsetRecipe(whole, design, rowsOf);
	const own = recipe === whole || recipe === null ? {} : { recipe };
	return groupsOf(source, family, members, read, y).map((group) => {
		const moments = {
			...base,
			family: group.evidence
		};
		const out = emptyResponseMoments(moments, group.members.length);
		group.members.forEach((k, at) => {
			out.expressed[at] = read(k);
			describeValues(source, family.family, y, out, at);
			if (out.family) group.write(y, out.family, at * group.evidence.width);
		});
		return {
			design: moments,
			responses: out,
			index: Int32Array.from(group.members),
			whole: design,
			keep,
			...own
		};
	});
}
function groupsOf(source, family, members, read, y) {
	const { design, weights } = source;
	if (family.family === "nbinom1") {
		const strata = valueStrata(design);
		return members.map((k) => {
			read(k);
			const { frame, values } = valueRows(design, family.link, y, strata, weights);
			const evidence = familyEvidence(frame);
			const write = (from, out, at) => {
				out.set(values, at);
				from.forEach((value, i) => {
					out[at + frame.rows] -= (weights?.[i] ?? 1) * logFactorial(value);
				});
			};
			return {
				evidence,
				members: [k],
				write
			};
		});
	}
	const rows = familyRows(design, family, members.length, weights);
	const writer = (evidence, addTail) => {
		return (from, out, at) => addFamilyResponse(source, evidence, rows, from, addTail, out, at);
	};
	if (family.family === "cumulative") {
		const groups = /* @__PURE__ */ new Map();
		for (const k of members) {
			read(k);
			const used = [...new Set(y)].sort((a, b) => a - b);
			const known = groups.get(used.join());
			if (known) known.members.push(k);
			else groups.set(used.join(), {
				used,
				members: [k]
			});
		}
		return [...groups.values()].map(({ used, members: own }) => {
			const labels = family.categories ?? [];
			const evidence = familyEvidence(rows.frame, { categories: used.map((code) => labels[code - 1] ?? String(code)) });
			const place = new Map(used.map((code, j) => [code, j]));
			const write = writer(evidence, noTail);
			return {
				evidence,
				members: own,
				write: (from, out, at) => write(from.map((code) => place.get(code) ?? 0), out, at)
			};
		});
	}
	if (family.family !== "nbinom2") {
		const evidence = familyEvidence(rows.frame);
		return [{
			evidence,
			members,
			write: writer(evidence, noTail)
		}];
	}
	const { counts, addTail } = countTail(members, read, y);
	const evidence = familyEvidence(rows.frame, { counts });
	return [{
		evidence,
		members,
		write: writer(evidence, addTail)
	}];
}
function noTail() {}
/** The counts of a tail for some responses: those that they have where these are few, else nodes up to the largest. */
function countTail(members, read, y) {
	let largest = 0;
	const found = /* @__PURE__ */ new Set();
	for (const k of members) {
		read(k);
		for (const value of y) {
			if (value > largest) largest = value;
			if (members.length <= FEW_RESPONSES) found.add(value);
		}
	}
	const nodes = countNodes(largest);
	if (members.length > FEW_RESPONSES || found.size > 4 * nodes.length) return {
		counts: nodes,
		addTail: interpolatedTail(new CountInterpolation())
	};
	const counts = Float64Array.from(found).sort();
	return {
		counts,
		addTail: exactTail(counts)
	};
}
/** @throws DataError for a value that the family cannot have */
function checkValues({ design, weights, trials }, { family, categories = [] }, y, response, named) {
	for (let i = 0; i < y.length; i++) {
		const facts = {
			trials: trials ? trials[design.rows[i]] : null,
			weight: weights?.[i] ?? 1,
			categories: categories.length
		};
		const fault = valueFault(family, y[i], facts);
		if (fault) throw impossibleValue(fault, response, named(i), y[i]);
	}
}
/** Mean of a response, of proportions where it has trials, and whether there is nothing to fit. */
function describeValues({ design, trials }, family, y, out, at) {
	let sum = 0;
	let low = Number.POSITIVE_INFINITY;
	let high = Number.NEGATIVE_INFINITY;
	let counted = 0;
	for (let i = 0; i < y.length; i++) {
		const m = trials ? trials[design.rows[i]] : 1;
		if (m === 0) continue;
		const value = y[i] / m;
		sum += value;
		counted++;
		if (value < low) low = value;
		if (value > high) high = value;
	}
	out.mean[at] = counted > 0 ? sum / counted : 0;
	out.constant[at] = isConstant(family, low, high) ? 1 : 0;
}
/** Whether a likelihood has no maximum because values from `low` to `high` are all the same. Equal counts, and equal proportions, have one. */
function isConstant(family, low, high) {
	if (low !== high) return false;
	if (family === "binomial") return low === 0 || low === 1;
	return !isCounts(family) || low === 0;
}
/** Names of the rows of a design, as the table has them. */
function rowNamer$1(design, { rowNames }, keep) {
	return (i) => {
		const place = keep ? keep[i] : i;
		const name = design.rowNames?.[place] ?? rowNames?.[design.rows[place]];
		return name === void 0 ? `row ${design.rows[place] + 1}` : `row '${name}'`;
	};
}
//#endregion
//#region src/data/matrix/seen-pairs.ts
/** Bytes that the marks of all pairs may take. */
const MOST_BYTES$4 = 1 << 29;
/**
* Remembers which pairs of feature and cell a file had, in any order. Files in the order of features and cells need no marks:
* their pairs only grow. Others get one bit a pair.
*/
var SeenPairs = class {
	features;
	cells;
	path;
	bits;
	last = -1;
	growing = true;
	constructor(features, cells, path) {
		this.features = features;
		this.cells = cells;
		this.path = path;
		const bytes = Math.ceil(features * cells / 8);
		this.bits = bytes <= MOST_BYTES$4 ? new Uint8Array(bytes) : null;
	}
	/**
	* Marks a pair; false where it was there before.
	*
	* @throws FitError DataError for a matrix in no order that is too large to be checked
	*/
	add(feature, cell) {
		const key = feature * this.cells + cell;
		if (key <= this.last) this.growing = false;
		this.last = key;
		if (this.bits === null) {
			if (this.growing) return true;
			throw new FitError("DataError", `the entries of ${this.path} are in no order, and ${this.features} x ${this.cells} pairs are too many to look for repeats`, {
				path: this.path,
				remedy: "Sort the file by cell: its columns in increasing order."
			});
		}
		const byte = Math.floor(key / 8);
		const bit = 1 << key % 8;
		if ((this.bits[byte] & bit) !== 0) return false;
		this.bits[byte] |= bit;
		return true;
	}
};
/**
* Cuts entries that come cell by cell into blocks at the boundaries of cells. Zeros and dropped features are left out,
* cells without entries have no run.
*
* @throws UnorderedMatrixError when a cell comes after a later one.
* @throws FitError `DataError` when a cell has two entries of one feature.
*/
var OrderedRuns = class {
	options;
	indices;
	values;
	majors = [];
	/** Where the run of each of `majors` begins. */
	starts = [];
	count = 0;
	cell = -1;
	/** Last cell that had an entry of each feature of the file: finds repeats whatever the order within a cell. */
	lastCell;
	constructor(options) {
		this.options = options;
		this.indices = new Int32Array(options.maxEntries);
		this.values = new Float64Array(options.maxEntries);
		this.lastCell = new Int32Array(options.features).fill(-1);
	}
	/** Takes the entries; hands out the blocks that became full. */
	push(batch) {
		const { position, maxEntries } = this.options;
		const { rows, columns, values } = batch;
		const { lastCell } = this;
		const blocks = [];
		for (let e = 0; e < batch.count; e++) {
			const feature = rows[e];
			const cell = columns[e];
			if (cell !== this.cell) {
				if (cell < this.cell) throw new UnorderedMatrixError(this.options.path);
				if (this.count > 0 && this.count >= maxEntries) this.cut(this.majors.length, blocks);
				this.cell = cell;
			}
			if (lastCell[feature] === cell) throw repeatedEntry(this.options, feature, cell);
			lastCell[feature] = cell;
			const index = position === void 0 ? feature : position[feature];
			if (index < 0 || values[e] === 0) continue;
			if (this.majors[this.majors.length - 1] !== cell) {
				this.majors.push(cell);
				this.starts.push(this.count);
			}
			if (this.count === this.indices.length) this.makeRoom(blocks);
			this.indices[this.count] = index;
			this.values[this.count++] = values[e];
		}
		return blocks;
	}
	/** The block of the last cells, if there are any. */
	end() {
		const blocks = [];
		if (this.count > 0) this.cut(this.majors.length, blocks);
		return blocks;
	}
	/** The buffers are full in the midst of a cell: hand out the cells before it, or grow when it is alone. */
	makeRoom(blocks) {
		if (this.majors.length > 1) {
			this.cut(this.majors.length - 1, blocks);
			return;
		}
		const indices = new Int32Array(this.indices.length * 2);
		indices.set(this.indices);
		const values = new Float64Array(this.values.length * 2);
		values.set(this.values);
		this.indices = indices;
		this.values = values;
	}
	/** Hands out the first `runs` runs and keeps the rest. */
	cut(runs, blocks) {
		const end = runs < this.starts.length ? this.starts[runs] : this.count;
		const pointers = new Int32Array(runs + 1);
		for (let k = 0; k < runs; k++) pointers[k] = this.starts[k];
		pointers[runs] = end;
		blocks.push({
			major: "row",
			majors: Int32Array.from(this.majors.slice(0, runs)),
			pointers,
			indices: this.indices.slice(0, end),
			values: this.values.slice(0, end),
			whole: true
		});
		this.indices.copyWithin(0, end, this.count);
		this.values.copyWithin(0, end, this.count);
		this.majors = this.majors.slice(runs);
		this.starts = this.starts.slice(runs).map((start) => start - end);
		this.count -= end;
	}
};
/**
* Gathers entries in any order and sorts each full buffer into runs of cells. A cell may have runs in several blocks.
*
* @throws FitError `DataError` when a cell has two entries of one feature, however far apart.
*/
var UnorderedRuns = class {
	options;
	features;
	cells;
	values;
	seen;
	count = 0;
	constructor(options) {
		this.options = options;
		this.seen = new SeenPairs(options.features, options.cells, options.path);
		this.features = new Int32Array(options.maxEntries);
		this.cells = new Int32Array(options.maxEntries);
		this.values = new Float64Array(options.maxEntries);
	}
	push(batch) {
		const blocks = [];
		for (let e = 0; e < batch.count; e++) {
			if (this.count === this.features.length) blocks.push(this.sorted());
			if (!this.seen.add(batch.rows[e], batch.columns[e])) throw repeatedEntry(this.options, batch.rows[e], batch.columns[e]);
			this.features[this.count] = batch.rows[e];
			this.cells[this.count] = batch.columns[e];
			this.values[this.count++] = batch.values[e];
		}
		return blocks;
	}
	end() {
		return this.count > 0 ? [this.sorted()] : [];
	}
	/** Counting sort by cell; within a cell the order of the file stays. */
	sorted() {
		const { position } = this.options;
		const { features, cells, values, count } = this;
		const first = new Int32Array(this.options.cells + 1);
		for (let e = 0; e < count; e++) first[cells[e] + 1]++;
		for (let c = 0; c < this.options.cells; c++) first[c + 1] += first[c];
		const order = new Int32Array(count);
		for (let e = 0; e < count; e++) order[first[cells[e]]++] = e;
		const majors = [];
		const pointers = [];
		const indices = new Int32Array(count);
		const sortedValues = new Float64Array(count);
		let kept = 0;
		for (let k = 0; k < count; k++) {
			const e = order[k];
			const feature = features[e];
			const cell = cells[e];
			const index = position === void 0 ? feature : position[feature];
			if (index < 0 || values[e] === 0) continue;
			if (majors[majors.length - 1] !== cell) {
				majors.push(cell);
				pointers.push(kept);
			}
			indices[kept] = index;
			sortedValues[kept++] = values[e];
		}
		pointers.push(kept);
		this.count = 0;
		return {
			major: "row",
			majors: Int32Array.from(majors),
			pointers: Int32Array.from(pointers),
			indices: indices.slice(0, kept),
			values: sortedValues.slice(0, kept),
			whole: false
		};
	}
};
function repeatedEntry(options, feature, cell) {
	return new FitError("DataError", `${options.path} has two entries of feature '${options.nameOfFeature(feature)}' in cell '${options.nameOfCell(cell)}'`, {
		path: options.path,
		remedy: "sum repeated entries where the matrix was made"
	});
}
/**
* Thrown by a pass over a text matrix whose cells turn out not to be in order, after some blocks were handed out as
* whole. The source remembers it (`ordered` is false from then on): drop what the pass gathered and start another;
* its blocks have `whole: false`.
*/
var UnorderedMatrixError = class extends Error {
	/** File of the matrix. */
	path;
	constructor(path) {
		super(`${path}: the entries are not ordered by cell; the pass has to start again`);
		this.name = "UnorderedMatrixError";
		this.path = path;
	}
};
OPTIONS.normalisation.choices;
/** Counts per this many, by normalisation: log(1 + scale x count / total of the cell). */
const TARGET_TOTAL = {
	none: 0,
	"log1p-cpm": 1e6,
	"log1p-cp10k": 1e4
};
/** A note on rows without any count, which a fit keeps as zeros; null where there are none. */
function emptyRowsNote(facts, empty, rows) {
	if (empty === 0 || !facts.counts) return null;
	return `WARNING: ${empty} of ${rows} rows of the matrix have no counts at all and are fitted as zeros; “minCounts: 1” leaves them out, or “where”`;
}
//#endregion
//#region src/moments/family-sums.ts
/**
* Sums of entries by pseudo-row of a family (`family-rows.ts`). An entry costs as many products as its row has nodes, one where
* none is interpolated, and its count's place in the tail. With G responses the sums are, in this order:
*
*     by pseudo-row: rows that share their nodes lie together, G x nodes from first node x G on
*     sum of the values, unweighted                   G
*     entries that are no such values                 G
*     tail: sum of the weights by node of the count   G x tail
*/
var FamilySums = class {
	part;
	responses;
	sums;
	plain;
	faults;
	tail;
	constant;
	seen;
	interpolation = new CountInterpolation();
	constructor(part, responses, allocate) {
		this.part = part;
		this.responses = responses;
		this.sums = allocate(part.rows * responses);
		this.plain = allocate(responses);
		this.faults = allocate(responses);
		this.tail = allocate(part.tail * responses);
		this.constant = allocate(responses);
		this.seen = new Int32Array(responses);
	}
	addRun(i, at, from, y, first, count) {
		const { sums, plain, constant, seen, responses } = this;
		const { pointers, share, shift, weight, tail, values } = this.part;
		const start = pointers[i];
		const nodes = pointers[i + 1] - start;
		const base = this.part.first[i] * responses;
		const w = weight === null ? 1 : weight[i];
		const slope = shift === null ? 0 : shift[i];
		for (let e = 0; e < count; e++) {
			const value = y[first + e];
			const g = at[from + e];
			if (values === "ones" ? value !== 1 : !(value > 0 && value <= LARGEST_COUNT && Math.floor(value) === value)) {
				if (value !== 0) this.faults[g]++;
				continue;
			}
			seen[g]++;
			plain[g] += value;
			let to = base + g * nodes;
			for (let k = start; k < start + nodes; k++) sums[to++] += value * share[k];
			if (values === "ones") continue;
			constant[g] += slope * value - (value > 1 ? w * logFactorial(value) : 0);
			if (tail > 0) this.addTail(g, value, w);
		}
	}
	addTail(g, value, w) {
		const { tail } = this;
		const { first, shares } = this.interpolation.sharesOf(value);
		const at = g * this.part.tail + first;
		if (shares === null) tail[at] += w;
		else for (let j = 0; j < shares.length; j++) tail[at + j] += w * shares[j];
	}
	add(i, g, y) {
		single$1[0] = y;
		place$2[0] = g;
		this.addRun(i, place$2, 0, single$1, 0, 1);
	}
	reset() {
		for (const values of [
			this.sums,
			this.plain,
			this.faults,
			this.tail,
			this.constant,
			this.seen
		]) values.fill(0);
	}
	result() {
		const { sums, plain, faults, tail, constant, seen } = this;
		return {
			expressed: Float64Array.from(seen),
			total: constant,
			sums: [
				sums,
				plain,
				faults,
				tail
			]
		};
	}
};
const single$1 = new Float64Array(1);
const place$2 = new Int32Array(1);
//#endregion
//#region src/moments/part-sums.ts
/** Accumulates a part for G responses. */
function accumulatePart(part, responses, allocate) {
	if (part.kind === "strata") return new StrataSums(part, responses, allocate);
	if (part.kind === "family") return new FamilySums(part, responses, allocate);
	return part.kind === "rows" ? new RowSums(part, responses, allocate) : new GatheredValues(part, responses, allocate);
}
function zero({ expressed, total, sums }) {
	for (const values of [
		expressed,
		total,
		...sums
	]) values.fill(0);
}
/** Bytes of the sums of a part. */
function bytesOfSums(part, responses) {
	const own = 2 * responses;
	if (part.kind === "strata") return 8 * (own + part.strata * responses);
	if (part.kind === "family") return 8 * (own + (part.rows + part.tail + 2) * responses);
	return 8 * (own + (part.kind === "rows" ? (part.p + 2 + part.zColumns) * responses : part.count * part.n));
}
var StrataSums = class {
	part;
	responses;
	sums;
	total;
	/** Whole numbers of 32 bits take half the room in the cache. */
	seen;
	constructor(part, responses, allocate) {
		this.part = part;
		this.responses = responses;
		this.sums = allocate(part.strata * responses);
		this.total = allocate(responses);
		this.seen = new Int32Array(responses);
	}
	addRun(i, at, from, y, first, count) {
		const { sums, total, seen } = this;
		const { stratum, weight } = this.part;
		const base = stratum[i] * this.responses;
		const w = weight === null ? 1 : weight[i];
		for (let e = 0; e < count; e++) {
			const g = at[from + e];
			const value = y[first + e];
			sums[base + g] += value;
			total[g] += w * value * value;
			seen[g]++;
		}
	}
	add(i, g, y) {
		const { stratum, weight } = this.part;
		this.sums[stratum[i] * this.responses + g] += y;
		this.total[g] += (weight === null ? 1 : weight[i]) * y * y;
		this.seen[g]++;
	}
	reset() {
		this.sums.fill(0);
		this.total.fill(0);
		this.seen.fill(0);
	}
	result() {
		return {
			expressed: Float64Array.from(this.seen),
			total: this.total,
			sums: [this.sums]
		};
	}
};
var RowSums = class {
	part;
	responses;
	own;
	zty;
	total;
	expressed;
	constructor(part, responses, allocate) {
		this.part = part;
		this.responses = responses;
		this.own = allocate(responses * (part.p + 2));
		this.zty = allocate(part.zColumns * responses);
		this.total = allocate(responses);
		this.expressed = allocate(responses);
	}
	addRun(i, at, from, y, first, count) {
		const { own, zty, total, expressed, responses } = this;
		const { weight, p, basis, width, columns, z, offset } = this.part;
		const w = weight === null ? 1 : weight[i];
		const o = offset === null ? 0 : offset[i];
		const row = i * p;
		const stride = p + 2;
		for (let e = 0; e < count; e++) {
			const value = y[first + e];
			const g = at[from + e];
			total[g] += w * value * value;
			expressed[g]++;
			const ofResponse = g * stride;
			own[ofResponse] += value;
			for (let k = 0; k < p; k++) own[ofResponse + 1 + k] += value * basis[row + k];
			own[ofResponse + 1 + p] += value * o;
		}
		for (let a = i * width; a < (i + 1) * width; a++) {
			const base = columns[a] * responses;
			const factor = z[a];
			for (let e = 0; e < count; e++) zty[base + at[from + e]] += y[first + e] * factor;
		}
	}
	add(i, g, y) {
		single[0] = y;
		place$1[0] = g;
		this.addRun(i, place$1, 0, single, 0, 1);
	}
	reset() {
		zero(this.result());
	}
	result() {
		return {
			expressed: this.expressed,
			total: this.total,
			sums: [this.own, this.zty]
		};
	}
};
const single = new Float64Array(1);
const place$1 = new Int32Array(1);
/** Keeps the values of some responses. */
var GatheredValues = class {
	part;
	values;
	nothing;
	constructor(part, responses, allocate) {
		this.part = part;
		this.values = allocate(part.count * part.n);
		this.nothing = allocate(responses);
	}
	addRun(i, at, from, y, first, count) {
		for (let e = 0; e < count; e++) this.add(i, at[from + e], y[first + e]);
	}
	add(i, g, y) {
		const at = this.part.at[g];
		if (at >= 0) this.values[at * this.part.n + i] = y;
	}
	reset() {
		zero(this.result());
	}
	result() {
		return {
			expressed: this.nothing,
			total: this.nothing,
			sums: [this.values]
		};
	}
};
/** Options of every pass over blocks. */
const PASS_BLOCKS = {
	maxEntries: 1 << 17,
	reuse: true
};
/** Values of a pass that are all looked at; after them one in so many. */
const LOOKED_AT = 2e4;
const SAMPLE = 50;
/** Small counts whose logarithm a cell remembers. */
const REMEMBERED$1 = 32;
/** What sums the entries of a pass. */
function accumulatePass(pass, allocate = (length) => new Float64Array(length)) {
	return pass.kind === "totals" ? new RowTotals(allocate(pass.rows)) : new EntrySums(pass, allocate);
}
var RowTotals = class {
	totals;
	constructor(totals) {
		this.totals = totals;
	}
	async sum(blocks, onEntries) {
		const { totals } = this;
		totals.fill(0);
		for await (const { major, majors, pointers, indices, values } of blocks) {
			for (let k = 0; k < majors.length; k++) for (let e = pointers[k]; e < pointers[k + 1]; e++) totals[major === "row" ? majors[k] : indices[e]] += values[e];
			onEntries?.(indices.length);
		}
		return {
			kind: "totals",
			totals
		};
	}
};
/** The accumulators of a pass and the loop over runs: normalise, find the place, add. */
var EntrySums = class {
	pass;
	parts;
	filled;
	facts = {
		counts: true,
		largest: 0,
		seen: 0
	};
	all;
	remembered = new Float64Array(REMEMBERED$1);
	y = new Float64Array(0);
	at = new Int32Array(0);
	constructor(pass, allocate) {
		this.pass = pass;
		this.parts = pass.parts.map((part) => accumulatePart(part, pass.responses, allocate));
		this.filled = new Uint8Array(pass.rows);
		this.all = pass.place.every((g, k) => g === k);
	}
	async sum(blocks, onEntries) {
		for (const part of this.parts) part.reset();
		this.filled.fill(0);
		this.facts = {
			counts: true,
			largest: 0,
			seen: 0
		};
		for await (const block of blocks) {
			if (!this.add(block)) return { kind: "no totals" };
			onEntries?.(block.indices.length);
		}
		const { facts, filled } = this;
		return {
			kind: "sums",
			parts: this.parts.map((part) => part.result()),
			facts,
			filled
		};
	}
	/** False where the block comes before the totals of its rows are known. */
	add(block) {
		const byRow = block.major === "row";
		if (this.pass.target > 0 && this.pass.totals === null && !(byRow && block.whole)) return false;
		this.inspect(block);
		if (byRow) this.addRows(block);
		else this.addResponses(block);
		return true;
	}
	addRows({ majors, pointers, indices, values }) {
		const { partOf, rowOf } = this.pass;
		for (let k = 0; k < majors.length; k++) {
			const row = majors[k];
			const [from, to] = [pointers[k], pointers[k + 1]];
			if (to > from) this.filled[row] = 1;
			const part = partOf[row];
			if (part < 0 || to === from) continue;
			const accumulator = this.parts[part];
			if (this.all && this.pass.target === 0) {
				accumulator.addRun(rowOf[row], indices, from, values, from, to - from);
				continue;
			}
			if (this.y.length < to - from) this.y = new Float64Array(2 * (to - from));
			if (!this.normalise(row, values, from, to)) continue;
			if (this.all) {
				accumulator.addRun(rowOf[row], indices, from, this.y, 0, to - from);
				continue;
			}
			const count = this.choose(indices, from, to);
			accumulator.addRun(rowOf[row], this.at, 0, this.y, 0, count);
		}
	}
	/** Puts the values of a row into `y`; false where it has no counts. */
	normalise(row, values, from, to) {
		const { y, remembered } = this;
		const { target, totals } = this.pass;
		if (target === 0) {
			for (let e = from; e < to; e++) y[e - from] = values[e];
			return true;
		}
		let total = 0;
		let least = 0;
		for (let e = from; e < to; e++) {
			const value = values[e];
			total += value;
			if (value < least) least = value;
		}
		if (least < 0) throw negativeCount(least, this.pass.matrix);
		if (totals !== null) total = totals[row];
		const scale = target / total;
		if (!(scale > 0 && scale < Infinity)) return false;
		remembered.fill(0);
		for (let e = from; e < to; e++) {
			const count = values[e];
			const small = count | 0;
			if (small === count && small < REMEMBERED$1) {
				let log = remembered[small];
				if (log === 0) {
					log = Math.log1p(count * scale);
					remembered[small] = log;
				}
				y[e - from] = log;
			} else y[e - from] = Math.log1p(count * scale);
		}
		return true;
	}
	/** Moves the wanted responses of a run to the front of `y`, and their places into `at`; returns how many they are. */
	choose(indices, from, to) {
		if (this.at.length < this.y.length) this.at = new Int32Array(this.y.length);
		const { y, at } = this;
		const { place } = this.pass;
		let count = 0;
		for (let e = from; e < to; e++) {
			const g = place[indices[e]];
			if (g < 0) continue;
			at[count] = g;
			y[count++] = y[e - from];
		}
		return count;
	}
	addResponses({ majors, pointers, indices, values }) {
		const { filled } = this;
		const { partOf, rowOf, place, target, totals } = this.pass;
		for (let k = 0; k < majors.length; k++) {
			const g = place[majors[k]];
			for (let e = pointers[k]; e < pointers[k + 1]; e++) {
				const row = indices[e];
				const value = values[e];
				filled[row] = 1;
				const part = partOf[row];
				if (part < 0) continue;
				if (target > 0 && value < 0) throw negativeCount(value, this.pass.matrix);
				if (g < 0) continue;
				if (totals === null || target === 0) this.parts[part].add(rowOf[row], g, value);
				else if (target / totals[row] > 0) this.parts[part].add(rowOf[row], g, Math.log1p(value * target / totals[row]));
			}
		}
	}
	/** Looks at some of the values: whole numbers or not, negative or not. */
	inspect({ values }) {
		const { facts } = this;
		const stride = facts.seen < LOOKED_AT ? 1 : SAMPLE;
		for (let e = 0; e < values.length; e += stride) {
			const value = values[e];
			facts.seen++;
			if (facts.counts && !(value >= 0 && Number.isInteger(value))) facts.counts = false;
			if (value > facts.largest) facts.largest = value;
		}
	}
};
/** The error for a negative value where counts are normalised. */
function negativeCount(value, { path, layers }) {
	const counts = layers.find((name) => /^(raw_?)?counts?$|^umi|^spliced$|^raw$/i.test(name));
	return new FitError("DataError", `${path} holds the negative value ${value}, which is no count`, {
		path,
		option: "normalisation",
		remedy: counts === void 0 ? "Leave out “normalisation” for values that are normalised already." : `The counts may be in another layer: “layer: ${counts}”. Leave out “normalisation” for values that are normalised already.`
	});
}
//#endregion
//#region src/moments/shares.ts
/** Entries of a share at least: about 0.1 s of work. */
const LEAST_ENTRIES = 1 << 22;
const MOST_SHARES = 16;
/** Bytes of all shares' sums, which are added up one after the other. */
const MOST_BYTES$3 = 2 ** 30;
/** Shares that a pass is cut into. */
function shareCount(pass, entries) {
	const bounds = [
		MOST_SHARES,
		Math.floor(entries / LEAST_ENTRIES),
		Math.floor(MOST_BYTES$3 / passBytes(pass))
	];
	return Math.max(1, Math.min(...bounds));
}
/** Bytes that the sums of a pass take. */
function passBytes(pass) {
	if (pass.kind === "totals") return 8 * pass.rows;
	return pass.parts.reduce((sum, part) => sum + bytesOfSums(part, pass.responses), pass.rows);
}
/** Runs a pass over a source, in threads where it has some. */
async function runPass(source, pass, options) {
	if (source.runPass) return source.runPass(pass, options);
	const of = source.divisible === true ? shareCount(pass, entriesOf(source)) : 1;
	const sum = new SumOfShares(of);
	const accumulator = accumulatePass(pass);
	for (let part = 0; part < of; part++) {
		const blocks = source.blocks({
			...PASS_BLOCKS,
			share: {
				part,
				of
			},
			signal: options.signal
		});
		sum.add(part, await accumulator.sum(blocks, options.onEntries));
	}
	return sum.result;
}
/** Entries of a matrix; of a dense one as many as it has room for. */
function entriesOf(source) {
	return source.entries ?? source.rows * source.names.length;
}
/** Adds the sums of shares in their order, whichever comes first. What is added is free to be overwritten. */
var SumOfShares = class {
	shares;
	sum = null;
	next = 0;
	waiting = /* @__PURE__ */ new Map();
	constructor(shares) {
		this.shares = shares;
	}
	add(part, sums) {
		if (part !== this.next) {
			this.waiting.set(part, copied(sums));
			return;
		}
		this.take(this.sum === null && this.shares > 1 ? copied(sums) : sums);
		for (let ready = this.waiting.get(this.next); ready; ready = this.waiting.get(this.next)) {
			this.waiting.delete(this.next);
			this.take(ready);
		}
	}
	take(sums) {
		this.next++;
		this.sum = this.sum === null ? sums : added(this.sum, sums);
	}
	get result() {
		return this.sum ?? { kind: "no totals" };
	}
};
/** The sums of both; overwrites the first. */
function added(sum, more) {
	if (sum.kind === "totals" && more.kind === "totals") {
		addTo(sum.totals, more.totals);
		return sum;
	}
	if (sum.kind !== "sums" || more.kind !== "sums") return { kind: "no totals" };
	sum.parts.forEach((part, s) => {
		const other = more.parts[s];
		addTo(part.expressed, other.expressed);
		addTo(part.total, other.total);
		part.sums.forEach((values, k) => {
			addTo(values, other.sums[k]);
		});
	});
	for (let i = 0; i < sum.filled.length; i++) sum.filled[i] |= more.filled[i];
	const facts = {
		counts: sum.facts.counts && more.facts.counts,
		largest: Math.max(sum.facts.largest, more.facts.largest),
		seen: sum.facts.seen + more.facts.seen
	};
	return {
		...sum,
		facts
	};
}
function addTo(into, more) {
	for (let i = 0; i < into.length; i++) into[i] += more[i];
}
function copied(sums) {
	if (sums.kind === "totals") return {
		...sums,
		totals: Float64Array.from(sums.totals)
	};
	if (sums.kind !== "sums") return sums;
	const parts = sums.parts.map(({ expressed, total, sums: values }) => {
		return {
			expressed: Float64Array.from(expressed),
			total: Float64Array.from(total),
			sums: values.map((one) => Float64Array.from(one))
		};
	});
	return {
		...sums,
		parts,
		filled: Uint8Array.from(sums.filled)
	};
}
//#endregion
//#region src/moments/matrix-passes.ts
/** Passes over one matrix under several designs, and how many of them keep the sums within the memory. */
/** Part of each row of the matrix, and its row there. */
function rowsOfParts({ rows }, parts) {
	const partOf = new Int16Array(rows).fill(-1);
	const rowOf = new Int32Array(rows);
	parts.forEach(({ matrixRows }, s) => {
		matrixRows.forEach((row, i) => {
			partOf[row] = s;
			rowOf[row] = i;
		});
	});
	return {
		partOf,
		rowOf
	};
}
function placesOf(select, responses) {
	const place = new Int32Array(responses).fill(-1);
	select.forEach((g, k) => {
		place[g] = k;
	});
	return place;
}
/**
* Passes over the file, each for some of the responses, in which the sums stay within the memory: those of all rows and, beside
* them, those of a share.
*
* @throws FitError OptionError where those of one response are too much
*/
function piecesOf(parts, responses, megabytes) {
	if (megabytes === void 0 || responses === 0) return 1;
	const one = 2 * parts.reduce((sum, part) => sum + bytesOfSums(part, 1), 0) / 1e6;
	const pieces = Math.ceil(one * responses / megabytes);
	if (pieces <= responses) return Math.max(1, pieces);
	throw new FitError("OptionError", `the sums of one response need ${Math.ceil(one)} MB, “memory” allows ${megabytes}`, {
		option: "memory",
		unreadable: true,
		remedy: "Allow more."
	});
}
/** In words, for `--explain`. */
function passesText(pieces) {
	return pieces === 1 ? "" : `; ${pieces} passes over the file, each for some of the responses, keep within “memory”`;
}
/** Passes over one matrix with the same normalisation. */
var Passes = class {
	rows;
	source;
	options;
	totals;
	constructor(source, parts, options) {
		this.source = source;
		this.rows = rowsOfParts(source, parts);
		this.options = options;
		this.totals = options.totals ?? null;
	}
	/** The sums of some responses, in that order, by the parts. */
	async run(responses, parts) {
		const { path, layers = [], rows, names } = this.source;
		const what = {
			...this.rows,
			responses: responses.length,
			place: placesOf(responses, names.length),
			parts
		};
		const target = TARGET_TOTAL[this.options.normalisation ?? "none"];
		const pass = () => {
			return {
				kind: "sums",
				matrix: {
					path,
					layers
				},
				rows,
				target,
				totals: this.totals,
				...what
			};
		};
		const sums = await this.once(pass());
		if (sums?.kind === "sums") return sums;
		if (target > 0) this.totals ??= await sumTotals(this.source, this.options);
		const second = await this.once(pass());
		if (second?.kind === "sums") return second;
		throw new FitError("DataError", `${path} gives its cells in another order each time`, {
			path,
			unreadable: true
		});
	}
	/** The sums; null where the cells turned out not to be in order. */
	async once(pass) {
		const { onProgress, signal, threads, memory } = this.options;
		let done = 0;
		const onEntries = (count) => {
			done += count;
			onProgress?.("read", done, this.source.entries ?? done);
		};
		try {
			return await runPass(this.source, pass, {
				signal,
				threads,
				memory,
				onEntries
			});
		} catch (error) {
			if (error instanceof UnorderedMatrixError) return null;
			throw error;
		}
	}
};
async function sumTotals(source, { signal, threads }) {
	const sums = await runPass(source, {
		kind: "totals",
		rows: source.rows
	}, {
		signal,
		threads
	});
	if (sums.kind === "totals") return sums.totals;
	throw new FitError("DataError", `${source.path} gave no totals`, {
		path: source.path,
		unreadable: true
	});
}
//#endregion
//#region src/moments/family-stream.ts
/** Megabytes that the numbers of all responses may take where nobody says how many. */
const MOST_MEGABYTES = 4096;
/**
* What generalised models need of the responses of a matrix under several designs on disjoint rows (one a split), in one pass over
* the file; in several where the sums do not fit into memory. Of families for which {@link streamsFamily} holds.
*
* Rejects with DataError for a value that the family cannot have, with OptionError for a normalisation, for a structured
* covariance, and where the numbers of all responses do not fit into memory.
*/
async function streamFamily(source, parts, family, options) {
	refuseNormalisation(family.family, options.normalisation);
	const select = options.select ?? Int32Array.from({ length: source.names.length }, (_, g) => g);
	const passes = new Passes(source, parts, options);
	const formed = [];
	for (const part of parts) formed.push(await formedPart(source, part, family, select.length));
	refuseLarge(formed, select.length, options.memory);
	const summed = formed.map(({ pass }) => pass);
	const pieces = piecesOf(summed, select.length, options.memory);
	const sums = [];
	let notes = [];
	for (let piece = 0; piece < pieces; piece++) {
		const [from, to] = [piece, piece + 1].map((k) => Math.floor(select.length * k / pieces));
		const found = await passes.run(select.subarray(from, to), summed);
		const s = found.parts.findIndex(({ sums: own }) => own[FAULTS].some((count) => count > 0));
		if (s >= 0) throw await faultyValue(source, passes, parts, s, from + found.parts[s].sums[FAULTS].findIndex((count) => count > 0), select, family.family);
		sums.push({
			from,
			parts: found.parts
		});
		const { partOf } = passes.rows;
		const empty = partOf.filter((part, row) => part >= 0 && found.filled[row] === 0).length;
		const note = emptyRowsNote(found.facts, empty, partOf.filter((part) => part >= 0).length);
		notes = note === null ? [] : [note];
	}
	return {
		parts: formed.map((part, s) => {
			return finished(part, sums.map(({ from, parts: own }) => ({
				from,
				sums: own[s]
			})), select.length);
		}),
		notes,
		plan: formed.map(({ rows, n }) => {
			const { family: name, rows: pseudo } = rows.frame;
			return `${n} rows are ${pseudo} of family ${name}: ${name === "nbinom2" && rows.pointers[n] > n ? `${Math.ceil(rows.pointers[n] / n)} products` : "one addition"} an entry${passesText(pieces)}`;
		})
	};
}
/** Places among the sums of a part, see `family-sums.ts`. */
const PLAIN = 1;
const FAULTS = 2;
const TAIL = 3;
async function formedPart(source, { design, matrixRows }, family, responses) {
	const moments = familyDesign(design, await rowNamer((design.offset?.findIndex((value) => !Number.isFinite(value)) ?? -1) >= 0 ? source : null, design, matrixRows));
	const rows = familyRows(design, family, responses);
	const { first, pointers, share, shift } = rows;
	const { weights } = design;
	return {
		design: moments,
		rows,
		n: design.n,
		weight: weights ? weights.reduce((sum, w) => sum + w, 0) : design.n,
		pass: {
			kind: "family",
			values: family.family === "binomial" ? "ones" : "counts",
			rows: rows.frame.rows,
			first,
			pointers,
			share,
			shift,
			weight: weights ?? null,
			tail: family.family === "nbinom2" ? countNodes(LARGEST_COUNT).length : 0
		}
	};
}
/** Moments of the responses of one part out of the sums of all pieces. */
function finished({ design: base, rows, n, weight, pass }, pieces, count) {
	const { family } = rows.frame;
	const used = pieces.reduce((most, { sums }) => Math.max(most, usedNodes(sums.sums[TAIL], pass.tail)), 0);
	const evidence = familyEvidence(rows.frame, { counts: pass.tail > 0 ? countNodes(used) : new Float64Array(0) });
	const design = {
		...base,
		family: evidence
	};
	const out = emptyResponseMoments(design, count);
	for (const { from, sums } of pieces) {
		const responses = sums.expressed.length;
		writeRows(rows, sums.sums[0], responses, evidence, out, from);
		for (let k = 0; k < responses; k++) {
			const at = from + k;
			const seen = sums.expressed[k];
			const numbers = out.family?.subarray(at * evidence.width, (at + 1) * evidence.width) ?? new Float64Array(0);
			out.expressed[at] = seen;
			out.mean[at] = n > 0 ? sums.sums[PLAIN][k] / n : 0;
			const low = seen < n ? 0 : 1;
			out.constant[at] = isConstant(family, low, seen > 0 ? 1 : 0) ? 1 : 0;
			numbers[evidence.rows] = sums.total[k];
			const tail = sums.sums[TAIL].subarray(k * pass.tail, (k + 1) * pass.tail);
			for (let v = 0; v < evidence.counts.length; v++) numbers[evidence.rows + 1 + v] = tail[v];
			if (pass.tail > 0) numbers[evidence.rows + 1] = weight - tail.reduce((sum, value) => sum + value, 0);
		}
	}
	return {
		design,
		responses: out
	};
}
/** The largest count whose nodes hold something. */
function usedNodes(tail, width) {
	let last = 0;
	for (let e = 0; e < tail.length; e++) if (tail[e] !== 0 && e % width > last) last = e % width;
	return countNodes(LARGEST_COUNT)[last];
}
/** The sums by pseudo-row, from the order of the pass into that of responses. */
function writeRows({ first, pointers }, sums, responses, { rows, width }, out, from) {
	const { family } = out;
	if (!family) return;
	const nodes = new Int32Array(rows);
	first.forEach((row, i) => {
		nodes[row] = pointers[i + 1] - pointers[i];
	});
	for (let row = 0; row < rows; row += nodes[row]) for (let k = 0; k < responses; k++) {
		const at = row * responses + k * nodes[row];
		for (let j = 0; j < nodes[row]; j++) family[(from + k) * width + row + j] = sums[at + j];
	}
}
/** @throws OptionError where the numbers of all responses take more memory than there may be */
function refuseLarge(parts, responses, memory = MOST_MEGABYTES) {
	const megabytes = parts.reduce((sum, { rows }) => sum + 8 * rows.frame.rows * responses / 1e6, 0);
	if (megabytes <= Math.max(memory, MOST_MEGABYTES)) return;
	throw new FitError("OptionError", `the sums of ${responses} responses take ${Math.ceil(megabytes)} MB, because nearly every row has other values of its covariates`, {
		option: "memory",
		unreadable: true,
		remedy: "Fit fewer responses at a time with “responses”, round or leave out covariates that differ from row to row, or raise “memory”."
	});
}
/** The error for the first value of response k under design s that the family cannot have, which a pass finds. */
async function faultyValue(source, passes, parts, s, k, select, family) {
	const gathered = parts.map(({ design }, part) => {
		return {
			kind: "values",
			at: new Int32Array(1).fill(part === s ? 0 : -1),
			count: part === s ? 1 : 0,
			n: design.n
		};
	});
	const { parts: found } = await passes.run(select.subarray(k, k + 1), gathered);
	const values = found[s].sums[0];
	const facts = {
		trials: null,
		weight: 1,
		categories: 0
	};
	const i = values.findIndex((value) => valueFault(family, value, facts) !== null);
	const fault = valueFault(family, values[i], facts);
	const { design, matrixRows } = parts[s];
	const named = await rowNamer(source, design, matrixRows);
	const name = source.names[select[k]];
	if (fault) return impossibleValue(fault, name, named(i), values[i]);
	return new FitError("DataError", `${source.path} gives other values of '${name}' each time`, { path: source.path });
}
/** Names of the rows of a design; those of the file where the table has none. */
async function rowNamer(source, design, matrixRows) {
	const names = design.rowNames === void 0 && source ? await source.rowNames() : null;
	return (i) => {
		const name = design.rowNames?.[i] ?? names?.[matrixRows[i]];
		return name === void 0 ? `row ${matrixRows[i] + 1}` : `row '${name}'`;
	};
}
//#endregion
//#region src/data/foreign-formats.ts
/** Formats that are not read, and how to get what is in them into one that is. */
const ADVICE = {
	rds: "in R: write.csv(readRDS('FILE'), 'data.csv'); for a Seurat object or SingleCellExperiment write an .h5ad with zellkonverter::writeH5AD or anndataR",
	rdata: "in R: load('FILE'), then write.csv(the_table, 'data.csv')",
	rda: "in R: load('FILE'), then write.csv(the_table, 'data.csv')",
	xlsx: "in a spreadsheet program save the sheet as CSV (UTF-8)",
	xls: "in a spreadsheet program save the sheet as CSV (UTF-8)",
	ods: "in a spreadsheet program save the sheet as CSV (UTF-8)",
	feather: "in Python: pandas.read_feather('FILE').to_parquet('data.parquet')",
	arrow: "in Python: pandas.read_feather('FILE').to_parquet('data.parquet')",
	sav: "in R: write.csv(haven::read_sav('FILE'), 'data.csv')",
	dta: "in R: write.csv(haven::read_dta('FILE'), 'data.csv')",
	sas7bdat: "in R: write.csv(haven::read_sas('FILE'), 'data.csv')",
	loom: "in Python: anndata.io.read_loom('FILE').write_h5ad('data.h5ad')",
	zarr: "in Python: anndata.io.read_zarr('FILE').write_h5ad('data.h5ad')",
	h5mu: "in Python: mudata.read_h5mu('FILE')['rna'].write_h5ad('rna.h5ad'), with the modality that you want",
	h5seurat: "in R: SeuratDisk::Convert('FILE', dest = 'h5ad')",
	mtx: "give the folder that holds matrix.mtx, features.tsv and barcodes.tsv",
	pkl: "in Python: pandas.read_pickle('FILE').to_parquet('data.parquet'), of files that you trust",
	json: "write the records as a CSV table"
};
/** How to convert a file of a format that is not read, by its extension where none is given; undefined for others. */
function conversionAdvice(path, format) {
	const bare = path.replace(/[/\\]+$/, "").replace(/\.gz$/i, "");
	const extension = format ?? /\.([^./\\]+)$/.exec(bare)?.[1]?.toLowerCase();
	return (extension === void 0 || !Object.hasOwn(ADVICE, extension) ? void 0 : ADVICE[extension])?.replace("FILE", bare.slice(Math.max(bare.lastIndexOf("/"), bare.lastIndexOf("\\")) + 1));
}
//#endregion
//#region src/data/input-files.ts
/** What a matrix can be read from, for messages and help. */
const MATRIX_FORMATS = ".h5ad, CellRanger's .h5, or a 10x folder (matrix.mtx, features.tsv, barcodes.tsv; plain or .gz)";
//#endregion
//#region src/data/table/gunzip.ts
/** True for the first bytes of a gzip file. */
function isGzip(head) {
	return head.length >= 2 && head[0] === 31 && head[1] === 139;
}
Uint32Array.from({ length: 256 }, (_, byte) => {
	let value = byte;
	for (let bit = 0; bit < 8; bit++) value = value & 1 ? value >>> 1 ^ 3988292384 : value >>> 1;
	return value;
});
/** The error for gzip data that end early or make no sense. */
function corruptGzip(path, cause) {
	const reason = cause instanceof Error ? cause.message : String(cause);
	return new FitError("DataError", `${path ?? "the gzip data"} is truncated or corrupt (${reason})`, {
		path,
		remedy: "copy or download the file again",
		unreadable: true,
		cause
	});
}
//#endregion
//#region src/data/table/bytes.node.ts
/** Bytes read at a time: large enough that the cost per piece vanishes. */
const CHUNK_BYTES = 1 << 20;
/**
* Checks that a path is a file and can be read.
*
* @throws FitError DataError, unreadable, naming the path, for a missing file, a folder or missing rights
*/
async function requireFile(path) {
	if ((await stat(path).catch((cause) => {
		throw unreadable(path, cause);
	})).isDirectory()) {
		const remedy = conversionAdvice(path) ?? "name a file";
		throw new FitError("DataError", `${path} is a folder, not a table`, {
			path,
			remedy,
			unreadable: true
		});
	}
}
/** First bytes of a file, fewer where it is shorter. */
async function readHead(path, length) {
	await requireFile(path);
	try {
		const file = await open(path);
		try {
			const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, 0);
			return buffer.subarray(0, bytesRead);
		} finally {
			await file.close();
		}
	} catch (cause) {
		throw unreadable(path, cause);
	}
}
/** Bytes of pipes that are kept at most: they can be read once, and readers go over a table several times. */
const KEPT_BYTES = 1 << 30;
const kept = /* @__PURE__ */ new Map();
/** Whether a path is a pipe, a terminal or a socket, which can be read once. */
async function isStream(path) {
	const entry = await stat(path).catch(() => null);
	return entry !== null && !entry.isFile() && !entry.isDirectory();
}
/** All bytes of a pipe, read when first asked for. @throws FitError DataError, unreadable, for more than a gigabyte */
async function streamBytes(path) {
	const known = kept.get(path);
	if (known) return known;
	const pieces = [];
	let size = 0;
	try {
		for await (const piece of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
			size += piece.length;
			if (size > KEPT_BYTES) throw new FitError("DataError", `${path} is a pipe of more than a gigabyte`, {
				path,
				unreadable: true,
				remedy: "save it to a file first: it is read several times"
			});
			pieces.push(piece);
		}
	} catch (cause) {
		throw cause instanceof FitError ? cause : unreadable(path, cause);
	}
	const bytes = Buffer.concat(pieces);
	kept.set(path, bytes);
	return bytes;
}
/**
* Bytes of a file in pieces, decompressed where they begin as gzip does (all members), whatever its name.
*
* @throws FitError DataError, unreadable, for a missing file and for truncated or corrupt gzip
*/
async function* readBytes(path) {
	const piped = await isStream(path) ? await streamBytes(path) : null;
	const compressed = isGzip(piped ?? await readHead(path, 2));
	const file = piped ? Readable.from([piped]) : createReadStream(path, { highWaterMark: CHUNK_BYTES });
	const stream = compressed ? pipeline(file, createGunzip({ chunkSize: CHUNK_BYTES }), () => void 0) : file;
	try {
		for await (const chunk of stream) yield chunk;
	} catch (cause) {
		if (cause instanceof FitError) throw cause;
		throw errorCode(cause).startsWith("Z_") ? corruptGzip(path, cause) : unreadable(path, cause);
	} finally {
		stream.destroy();
		file.destroy();
	}
}
function errorCode(cause) {
	return cause instanceof Error && "code" in cause ? String(cause.code) : "";
}
/** The error for a file that the system does not give. */
function unreadable(path, cause) {
	const code = errorCode(cause);
	const reason = cause instanceof Error ? cause.message : String(cause);
	return new FitError("DataError", code === "ENOENT" ? `no such file: ${path}` : code === "EACCES" || code === "EPERM" ? `no permission to read ${path}` : `${path} cannot be read (${reason})`, {
		path,
		remedy: code === "ENOENT" ? "check the path" : "check the file",
		unreadable: true,
		cause
	});
}
//#endregion
//#region src/data/hdf5-storage/bytes.ts
/** A structure that is not as simple as this reader wants it, or damaged: the HDF5 library then reads the data set. */
var NotSimpleError = class extends Error {};
/** Checks the signature that a structure begins with. @throws NotSimpleError */
function requireSignature(fields, signature) {
	for (const letter of signature) if (fields.number(1) !== letter.charCodeAt(0)) throw new NotSimpleError(`no ${signature}`);
}
/** Reads the fields of a structure one after the other. @throws RangeError at the end of its bytes */
var Fields = class Fields {
	at = 0;
	view;
	constructor(bytes) {
		this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	}
	get left() {
		return this.view.byteLength - this.at;
	}
	skip(bytes) {
		this.at += bytes;
	}
	/** A whole number of 1 to 8 bytes. @throws NotSimpleError beyond 2^53 */
	number(bytes) {
		let value = 0;
		for (let k = bytes - 1; k >= 0; k--) value = value * 256 + this.view.getUint8(this.at + k);
		this.at += bytes;
		if (!Number.isSafeInteger(value)) throw new NotSimpleError("a number beyond 2^53");
		return value;
	}
	/** An address of 8 bytes, {@link NO_ADDRESS} where it is undefined. */
	address() {
		const { view, at } = this;
		if (view.getUint32(at, true) === 4294967295 && view.getUint32(at + 4, true) === 4294967295) {
			this.at += 8;
			return -1;
		}
		return this.number(8);
	}
	/** The next bytes. */
	bytes(count) {
		const bytes = new Uint8Array(this.view.buffer, this.view.byteOffset + this.at, count);
		if (count > this.left) throw new RangeError(`no ${count} bytes`);
		this.at += count;
		return bytes;
	}
	/** The fields of the next bytes. */
	part(bytes) {
		return new Fields(this.bytes(bytes));
	}
};
/** The text before the first zero, UTF-8. */
function textOf(bytes) {
	const end = bytes.indexOf(0);
	return decoder.decode(end < 0 ? bytes : bytes.subarray(0, end));
}
const decoder = new TextDecoder();
//#endregion
//#region src/data/hdf5-storage/inflater.node.ts
/**
* Inflates chunk after chunk into the same memory. `inflateSync` allocates its output anew each time, which the collector does
* not count as urgent: some 60 MB a thread are waiting at any time, and allocating takes a fifth of the time. The object
* behind a stream of node:zlib can do better, but is no documented interface: it is tried out first, every result is
* compared with the length that is due, and whatever is odd goes to `inflateSync`.
*/
/** Room behind the inflated bytes, without which zlib begins another piece to find the end. */
const SPARE_BYTES = 64;
function isEngine(value) {
	const { _handle: handle, _writeState: state } = value;
	return typeof handle?.["reset"] === "function" && typeof handle["writeSync"] === "function" && state instanceof Uint32Array && state.length === 2;
}
/** Inflates zlib streams into memory that is handed in. */
var Inflater = class {
	engine;
	constructor() {
		const engine = createInflate();
		this.engine = isEngine(engine) && works(engine) ? engine : null;
	}
	/**
	* @param into at least `length` bytes and {@link room} more, where the result may lie
	* @throws Error of zlib for a damaged stream
	*/
	inflate(packed, length, into) {
		if ((this.engine === null ? -1 : inflateInto(this.engine, packed, into.subarray(0, length + SPARE_BYTES))) === length) return into.subarray(0, length);
		const most = length + SPARE_BYTES;
		return inflateSync(packed, {
			chunkSize: most,
			maxOutputLength: most
		});
	}
	/** Bytes that the memory must have beside those of the result. */
	static room = SPARE_BYTES;
};
/** Bytes inflated from the whole input; -1 where that failed. */
function inflateInto({ _handle: handle, _writeState: state }, packed, into) {
	let failed = false;
	handle.onerror = () => {
		failed = true;
	};
	state.fill(into.length + 1);
	handle.reset();
	handle.writeSync(constants.Z_FINISH, packed, 0, packed.length, into, 0, into.length);
	const [room, input] = state;
	return !failed && input === 0 && room > 0 && room <= into.length ? into.length - room : -1;
}
/** Whether the engine inflates streams, and notices those that are cut off or damaged, in any order. */
function works(engine) {
	const content = Uint8Array.from({ length: 3e3 }, (_, i) => i * i % 251);
	const packed = new Uint8Array(deflateSync(content));
	const damaged = packed.slice();
	damaged[damaged.length - 1] ^= 1;
	const into = new Uint8Array(content.length + SPARE_BYTES);
	try {
		return [
			packed,
			packed.subarray(0, 100),
			packed,
			damaged,
			packed
		].every((stream) => {
			into.fill(0);
			const done = inflateInto(engine, stream, into);
			if (stream !== packed) return done === -1;
			return done === content.length && content.every((value, i) => value === into[i]);
		});
	} catch {
		return false;
	}
}
//#endregion
//#region src/data/hdf5-storage/superblock.ts
/**
* Whether addresses in a file are bytes from its beginning, 8 bytes wide, as nearly all files have it (HDF5 File Format
* Specification 3.0, section II.A), and the file is as long as it says.
*/
function hasPlainAddresses(bytes) {
	try {
		const fields = new Fields(bytes.read(0, Math.min(64, bytes.size)));
		requireSignature(fields, "HDF\r\n\n");
		const version = fields.number(1);
		if (version > 3) return false;
		if (version < 2) fields.skip(4);
		if (fields.number(1) !== 8 || fields.number(1) !== 8) return false;
		fields.skip(version === 0 ? 9 : version === 1 ? 13 : 1);
		if (fields.address() !== 0) return false;
		fields.skip(8);
		return fields.number(8) <= bytes.size;
	} catch (error) {
		if (error instanceof NotSimpleError || error instanceof RangeError) return false;
		throw error;
	}
}
//#endregion
//#region src/data/hdf5-storage/chunk-source.node.ts
/** Opens a file for reading chunks. @throws Error of the file system */
function openChunks(path, size) {
	const file = openSync(path, "r");
	const inflater = new Inflater();
	let isOpen = true;
	return {
		bytes: {
			size,
			read(offset, length, into) {
				if (!isOpen) throw new Error("the file is closed");
				if (!(offset >= 0 && length >= 0 && offset + length <= size)) throw new RangeError(`no ${length} bytes at ${offset}`);
				const buffer = into?.room(length).subarray(0, length) ?? new Uint8Array(length);
				for (let done = 0; done < length;) {
					const got = readSync(file, buffer, done, length - done, offset + done);
					if (got === 0) throw new RangeError(`the file ends before ${offset + length}`);
					done += got;
				}
				return buffer;
			}
		},
		ahead: 0,
		inflate: (packed, length, into) => inflater.inflate(packed, length, into.room(length + Inflater.room)),
		close() {
			if (isOpen) closeSync(file);
			isOpen = false;
		}
	};
}
/** The same where the addresses in a file are plain; else null. */
function openPlainChunks(path, size) {
	const chunks = openChunks(path, size);
	if (hasPlainAddresses(chunks.bytes)) return chunks;
	chunks.close();
	return null;
}
//#endregion
//#region src/data/matrix/half-floats.ts
/** IEEE 754 half precision (1 sign, 5 exponent, 10 fraction bits), which the HDF5 library hands out as raw 16 bits. */
/** Values of all 65,536 patterns, made when first needed: 512 kB. */
let table = null;
/** The numbers that 16-bit patterns stand for; exact. */
function fromHalfFloats(bits) {
	table ??= Float32Array.from({ length: 65536 }, (_, pattern) => halfFloat(pattern));
	const values = new Float32Array(bits.length);
	for (let i = 0; i < bits.length; i++) values[i] = table[bits[i]];
	return values;
}
function halfFloat(bits) {
	const sign = bits & 32768 ? -1 : 1;
	const exponent = bits >> 10 & 31;
	const fraction = bits & 1023;
	if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : NaN;
	if (exponent === 0) return sign * fraction * 2 ** -24;
	return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
//#endregion
//#region src/data/hdf5-storage/numbers.ts
/** Numbers as they leave an HDF5 file. */
/** Kinds of numbers in a file: signed, unsigned, floating, by their bytes. */
const NUMBER_KINDS = [
	"i1",
	"u1",
	"i2",
	"u2",
	"i4",
	"u4",
	"i8",
	"u8",
	"f2",
	"f4",
	"f8"
];
/** Bytes of a number. */
const bytesOf = (kind) => Number(kind[1]);
/** Whole numbers beyond that are not exact as doubles. */
const EXACT_INTEGERS = 2 ** 53;
/** A whole number that no double holds. */
var InexactNumberError = class extends Error {};
/** An array for numbers of a kind. */
function roomFor(kind, length) {
	if (kind === "f4" || kind === "f2") return new Float32Array(length);
	return kind === "f8" || kind === "u4" || kind === "i8" || kind === "u8" ? new Float64Array(length) : new Int32Array(length);
}
/** The numbers in little-endian bytes; shares their memory where it can. @throws InexactNumberError */
function numbersIn(bytes, kind) {
	const width = bytesOf(kind);
	const { buffer, byteOffset } = bytes.byteOffset % width === 0 ? bytes : bytes.slice();
	const length = Math.floor(bytes.length / width);
	switch (kind) {
		case "i1": return Int32Array.from(new Int8Array(buffer, byteOffset, length));
		case "u1": return Int32Array.from(new Uint8Array(buffer, byteOffset, length));
		case "i2": return Int32Array.from(new Int16Array(buffer, byteOffset, length));
		case "u2": return Int32Array.from(new Uint16Array(buffer, byteOffset, length));
		case "i4": return new Int32Array(buffer, byteOffset, length);
		case "u4": return Float64Array.from(new Uint32Array(buffer, byteOffset, length));
		case "f2": return fromHalfFloats(new Uint16Array(buffer, byteOffset, length));
		case "f4": return new Float32Array(buffer, byteOffset, length);
		case "f8": return new Float64Array(buffer, byteOffset, length);
		case "i8": return exactDoubles(new BigInt64Array(buffer, byteOffset, length));
		case "u8": return exactDoubles(new BigUint64Array(buffer, byteOffset, length));
	}
}
/** 64-bit whole numbers as doubles, by halves: BigInt arithmetic is slow. @throws InexactNumberError */
function exactDoubles(data) {
	const low = new Uint32Array(data.buffer, data.byteOffset, data.length * 2);
	const high = data instanceof BigInt64Array ? new Int32Array(data.buffer, data.byteOffset, data.length * 2) : low;
	const values = new Float64Array(data.length);
	for (let i = 0; i < values.length; i++) {
		const value = high[2 * i + 1] * 4294967296 + low[2 * i];
		if (Math.abs(value) > EXACT_INTEGERS) throw new InexactNumberError(`the whole number ${data[i]} is beyond 2^53`);
		values[i] = value;
	}
	return values;
}
//#endregion
//#region src/data/hdf5-storage/datatype.ts
/** Types of elements (HDF5 File Format Specification 3.0, sections IV.A.2.b and IV.A.2.d): numbers, texts, enumerations. */
/** HDF5's classes of types. */
const TYPE_CLASS = {
	integer: 0,
	float: 1,
	string: 3,
	compound: 6,
	enumeration: 8,
	variable: 9
};
/** Precision, place and size of exponent, place and size of fraction, bias of the formats of IEEE 754 by their bytes. */
const IEEE = {
	2: [
		16,
		10,
		5,
		0,
		10,
		15
	],
	4: [
		32,
		23,
		8,
		0,
		23,
		127
	],
	8: [
		64,
		52,
		11,
		0,
		52,
		1023
	]
};
/** Reads the message of a type. @throws NotSimpleError for another type */
function elementType(fields) {
	const head = fields.number(1);
	const [version, kind] = [head >> 4, head & 15];
	const bits = fields.number(3);
	const size = fields.number(4);
	if (kind === TYPE_CLASS.integer) return {
		type: "number",
		size,
		kind: wholeKind(fields, bits, size)
	};
	if (kind === TYPE_CLASS.float) return {
		type: "number",
		size,
		kind: floatKind(fields, bits, size)
	};
	if (kind === TYPE_CLASS.string) {
		if ((bits & 15) > 1) throw new NotSimpleError("texts filled up with spaces");
		return {
			type: "text",
			size
		};
	}
	if (kind === TYPE_CLASS.enumeration) return enumeration(fields, version, bits & 65535, size);
	if (kind === TYPE_CLASS.variable && (bits & 15) === 1 && size === 16) return {
		type: "variable text",
		size
	};
	throw new NotSimpleError(`type ${kind}`);
}
function wholeKind(fields, bits, size) {
	const [offset, precision] = [fields.number(2), fields.number(2)];
	if ((bits & 1) !== 0 && size > 1 || offset !== 0 || precision !== 8 * size) throw new NotSimpleError("odd whole numbers");
	return kindOf((bits & 8) === 0 ? "u" : "i", size);
}
function floatKind(fields, bits, size) {
	const offset = fields.number(2);
	const found = [
		fields.number(2),
		...Array.from({ length: 4 }, () => fields.number(1)),
		fields.number(4)
	];
	if ((bits & 65) !== 0 || offset !== 0 || found.join() !== IEEE[size]?.join()) throw new NotSimpleError("odd floats");
	return kindOf("f", size);
}
function kindOf(letter, size) {
	const kind = NUMBER_KINDS.find((known) => known === `${letter}${size}`);
	if (kind === void 0) throw new NotSimpleError(`numbers of ${size} bytes`);
	return kind;
}
/** Base type, names (filled up to multiples of 8 before version 3), values. */
function enumeration(fields, version, count, size) {
	const base = elementType(fields);
	if (base.type !== "number" || base.size !== size || size > 4) throw new NotSimpleError("an odd enumeration");
	const names = Array.from({ length: count }, () => {
		const start = fields.at;
		const name = textOf(fields.bytes(fields.left));
		const length = new TextEncoder().encode(name).length + 1;
		fields.at = start + (version < 3 ? 8 * Math.ceil(length / 8) : length);
		return name;
	});
	const half = 2 ** (8 * size - 1);
	const members = names.map((name) => {
		const value = fields.number(size);
		return [name, base.kind[0] === "i" && value >= half ? value - 2 * half : value];
	});
	return {
		type: "enumeration",
		size,
		kind: base.kind,
		members: Object.fromEntries(members)
	};
}
/** Dimensions from the message of a data space; [] for a scalar, null for an empty one. */
function dimensions(fields) {
	const version = fields.number(1);
	const rank = fields.number(1);
	fields.skip(1);
	if (version !== 1 && version !== 2) throw new NotSimpleError("a data space of another version");
	const kind = fields.number(1);
	if (version === 1) fields.skip(4);
	if (version === 2 && kind === 2) return null;
	return Array.from({ length: rank }, () => fields.number(8));
}
const rotated = (x, bits) => x << bits | x >>> 32 - bits;
function lookup3(bytes) {
	const { length } = bytes;
	let a = 3735928559 + length | 0;
	let b = a;
	let c = a;
	const word = (at) => (bytes[at] ?? 0) | (bytes[at + 1] ?? 0) << 8 | (bytes[at + 2] ?? 0) << 16 | (bytes[at + 3] ?? 0) << 24;
	let at = 0;
	for (; length - at > 12; at += 12) {
		a = a + word(at) | 0;
		b = b + word(at + 4) | 0;
		c = c + word(at + 8) | 0;
		a = (a - c | 0) ^ rotated(c, 4);
		c = c + b | 0;
		b = (b - a | 0) ^ rotated(a, 6);
		a = a + c | 0;
		c = (c - b | 0) ^ rotated(b, 8);
		b = b + a | 0;
		a = (a - c | 0) ^ rotated(c, 16);
		c = c + b | 0;
		b = (b - a | 0) ^ rotated(a, 19);
		a = a + c | 0;
		c = (c - b | 0) ^ rotated(b, 4);
		b = b + a | 0;
	}
	if (length === at) return c >>> 0;
	a = a + word(at) | 0;
	b = b + word(at + 4) | 0;
	c = c + word(at + 8) | 0;
	c = (c ^ b) - rotated(b, 14) | 0;
	a = (a ^ c) - rotated(c, 11) | 0;
	b = (b ^ a) - rotated(a, 25) | 0;
	c = (c ^ b) - rotated(b, 16) | 0;
	a = (a ^ c) - rotated(c, 4) | 0;
	b = (b ^ a) - rotated(a, 14) | 0;
	c = (c ^ b) - rotated(b, 24) | 0;
	return c >>> 0;
}
/** Compares the last four bytes of a structure with those before. @throws NotSimpleError where they differ */
function requireChecksum(structure) {
	const content = structure.subarray(0, structure.length - 4);
	if (new DataView(structure.buffer, structure.byteOffset + content.length, 4).getUint32(0, true) !== lookup3(content)) throw new NotSimpleError("a checksum does not fit");
}
//#endregion
//#region src/data/hdf5-storage/object-header.ts
/**
* The messages in the header of an HDF5 object, of versions 1 and 2 (HDF5 File Format Specification 3.0, section IV.A.1).
*/
/** Types of messages. */
const MESSAGE = {
	dataspace: 1,
	linkInfo: 2,
	datatype: 3,
	link: 6,
	external: 7,
	layout: 8,
	filters: 11,
	attribute: 12,
	continuation: 16,
	symbolTable: 17,
	attributeInfo: 21
};
/** A message that stands elsewhere and is shared. */
const SHARED = 2;
/** Blocks and bytes of one header at most; real ones have some hundred bytes in two or three blocks. */
const MOST_BLOCKS = 64;
const MOST_BYTES$2 = 1 << 20;
/** The messages of an object by type. */
var Messages = class {
	byType = /* @__PURE__ */ new Map();
	add(type, content, flags) {
		const list = this.byType.get(type);
		const message = {
			content,
			shared: (flags & SHARED) !== 0
		};
		if (list) list.push(message);
		else this.byType.set(type, [message]);
	}
	has(type) {
		return this.byType.has(type);
	}
	/** All messages of a type, each from its beginning. @throws NotSimpleError where one is shared */
	all(type) {
		return (this.byType.get(type) ?? []).map(({ content, shared }) => {
			if (shared) throw new NotSimpleError("a shared message");
			content.at = 0;
			return content;
		});
	}
	/** The only message of a type. @throws NotSimpleError where there is none */
	one(type) {
		const [first] = this.all(type);
		if (first === void 0) throw new NotSimpleError(`no message ${type}`);
		return first;
	}
};
/** Reads a header. @throws NotSimpleError for another version; RangeError where the file ends before the header does */
function readMessages(bytes, address) {
	const start = new Fields(bytes.read(address, Math.min(64, Math.max(0, bytes.size - address))));
	const first = start.number(1);
	const header = first === 1 ? headerOfVersion1(start, address) : headerOfVersion2(start, address, first);
	const messages = new Messages();
	const blocks = [header.first];
	for (const block of blocks) {
		if (blocks.length > MOST_BLOCKS || block.length > MOST_BYTES$2) throw new NotSimpleError("a long object header");
		const fields = new Fields(bytes.read(block.at, block.length));
		if (header.version === 2) requireChecksum(bytes.read(block.checkedFrom, block.at + block.length - block.checkedFrom));
		if (header.version === 2 && block !== header.first) requireSignature(fields, "OCHK");
		const checksum = header.version === 2 ? 4 : 0;
		while (fields.left - checksum >= header.prefix) {
			const type = fields.number(header.version === 2 ? 1 : 2);
			const length = fields.number(2);
			const flags = fields.number(1);
			fields.skip(header.prefix - (header.version === 2 ? 4 : 5));
			const content = fields.part(length);
			if (type === MESSAGE.continuation) {
				const at = content.address();
				blocks.push({
					at,
					length: content.number(8),
					checkedFrom: at
				});
			} else messages.add(type, content, flags);
		}
	}
	return messages;
}
/** version, reserved, messages (2), references (4), bytes (4), padding to a multiple of 8. */
function headerOfVersion1(fields, address) {
	fields.skip(7);
	return {
		version: 1,
		prefix: 8,
		first: {
			at: address + 16,
			length: fields.number(4),
			checkedFrom: address
		}
	};
}
/** `OHDR`, version, flags, times (16) and phase changes (4) where flags say so, bytes (1, 2, 4 or 8). */
function headerOfVersion2(fields, address, letter) {
	if (letter !== "O".charCodeAt(0)) throw new NotSimpleError("no object header");
	requireSignature(fields, "HDR");
	if (fields.number(1) !== 2) throw new NotSimpleError("an object header of another version");
	const flags = fields.number(1);
	if ((flags & 32) !== 0) fields.skip(16);
	if ((flags & 16) !== 0) fields.skip(4);
	const length = fields.number(1 << (flags & 3));
	const first = {
		at: address + fields.at,
		length: length + 4,
		checkedFrom: address
	};
	return {
		version: 2,
		prefix: (flags & 4) !== 0 ? 6 : 4,
		first
	};
}
//#endregion
//#region src/data/hdf5-storage/attributes.ts
/** Attributes in the header of an object (HDF5 File Format Specification 3.0, section IV.A.2.m). */
/** All attributes of an object by name. @throws NotSimpleError for other kinds, and where they lie in a heap */
function attributesOf(messages, texts) {
	for (const info of messages.all(MESSAGE.attributeInfo)) {
		info.skip(1);
		if ((info.number(1) & 1) !== 0) info.skip(2);
		if (info.address() !== -1) throw new NotSimpleError("attributes in a heap");
	}
	return Object.fromEntries(messages.all(MESSAGE.attribute).map((message) => readAttribute(message, texts)));
}
/** version, flags, bytes of name, type and data space, character set (version 3); these three (to multiples of 8 in version 1); data. */
function readAttribute(fields, texts) {
	const version = fields.number(1);
	const flags = fields.number(1);
	if (version < 1 || version > 3 || version > 1 && flags !== 0) throw new NotSimpleError("an odd attribute");
	const sizes = [
		fields.number(2),
		fields.number(2),
		fields.number(2)
	];
	if (version === 3) fields.skip(1);
	const [label, type, space] = sizes.map((size) => {
		const bytes = fields.bytes(size);
		if (version === 1) fields.skip(8 * Math.ceil(size / 8) - size);
		return bytes;
	});
	return [textOf(label), attributeValue(fields, type, space, texts)];
}
function attributeValue(fields, typeBytes, spaceBytes, texts) {
	const shape = dimensions(new Fields(spaceBytes));
	if (shape === null) return {
		shape,
		value: null
	};
	const type = elementType(new Fields(typeBytes));
	const count = shape.reduce((product, length) => product * length, 1);
	const data = fields.bytes(count * type.size);
	const values = type.type === "text" || type.type === "variable text" ? texts.textsIn(data, type) : numbersOf(data, type.kind);
	return {
		shape,
		value: shape.length === 0 ? values[0] : values
	};
}
/** Nobody may ask for this attribute: a number that no double holds is no reason to refuse the file. */
function numbersOf(data, kind) {
	try {
		return Array.from(numbersIn(data, kind));
	} catch (error) {
		if (error instanceof InexactNumberError) throw new NotSimpleError(error.message);
		throw error;
	}
}
//#endregion
//#region src/data/hdf5-storage/groups.ts
/**
* What the groups of an HDF5 file hold (HDF5 File Format Specification 3.0, sections III.A, III.B, III.D, IV.A.2.g): symbol
* tables of the old format and links in the header of the new one. Links by name alone, to other files, and the heaps that
* large groups of the new format have, are left to the library.
*/
/** Members of one group at most. */
const MOST_MEMBERS = 65536;
/** Kind of an entry that is a link by name. */
const SYMBOLIC = 2;
/** Addresses of the headers of a group's members, by name. @throws NotSimpleError */
function membersOf(bytes, messages) {
	if (messages.has(MESSAGE.symbolTable)) return symbolTable(bytes, messages.one(MESSAGE.symbolTable));
	for (const info of messages.all(MESSAGE.linkInfo)) {
		info.skip(1);
		if ((info.number(1) & 1) !== 0) info.skip(8);
		if (info.address() !== -1) throw new NotSimpleError("links in a heap");
	}
	return new Map(messages.all(MESSAGE.link).map(link));
}
/** version, flags, kind, order and character set where flags say so, length of the name, name, address. */
function link(fields) {
	fields.skip(1);
	const flags = fields.number(1);
	if (((flags & 8) !== 0 ? fields.number(1) : 0) !== 0) throw new NotSimpleError("a link by name");
	if ((flags & 4) !== 0) fields.skip(8);
	if ((flags & 16) !== 0) fields.skip(1);
	return [textOf(fields.bytes(fields.number(1 << (flags & 3)))), fields.address()];
}
/** A B-tree of nodes `SNOD`, whose entries have their names in a heap. */
function symbolTable(bytes, message) {
	const tree = message.address();
	const names = localHeap(bytes, message.address());
	const members = /* @__PURE__ */ new Map();
	let nodes = 0;
	const visit = (address, level) => {
		if (++nodes > MOST_MEMBERS) throw new NotSimpleError("a large group");
		const head = new Fields(bytes.read(address, 24));
		requireSignature(head, "TREE");
		const [type, ownLevel, entries] = [
			head.number(1),
			head.number(1),
			head.number(2)
		];
		if (type !== 0 || level !== null && ownLevel !== level) throw new NotSimpleError("another kind of node");
		const fields = new Fields(bytes.read(address + 24, 16 * entries));
		for (let k = 0; k < entries; k++) {
			fields.skip(8);
			const child = fields.address();
			if (ownLevel > 0) visit(child, ownLevel - 1);
			else symbols$1(bytes, child, names, members);
		}
	};
	visit(tree, null);
	return members;
}
/** version, reserved, entries (2); of each the place of its name, address, kind (4), reserved (4), and 16 bytes more. */
function symbols$1(bytes, address, names, members) {
	const head = new Fields(bytes.read(address, 8));
	requireSignature(head, "SNOD");
	head.skip(2);
	const entries = head.number(2);
	const fields = new Fields(bytes.read(address + 8, 40 * entries));
	for (let k = 0; k < entries; k++) {
		const name = names(fields.number(8));
		const header = fields.address();
		if (fields.number(4) === SYMBOLIC) throw new NotSimpleError("a link by name");
		fields.skip(20);
		members.set(name, header);
	}
}
function localHeap(bytes, address) {
	const head = new Fields(bytes.read(address, 32));
	requireSignature(head, "HEAP");
	head.skip(4);
	const size = head.number(8);
	head.skip(8);
	const content = bytes.read(head.address(), size);
	return (at) => {
		if (at >= content.length) throw new NotSimpleError("a name outside of its heap");
		return textOf(content.subarray(at));
	};
}
//#endregion
//#region src/data/hdf5-storage/chunk-index.ts
/**
* Where the chunks of an HDF5 data set lie (HDF5 File Format Specification 3.0, sections III.A.1 and VII): the B-tree of
* version 1, and of the newer indices the single chunk and the fixed array. Others are left to the library.
*/
function emptyTable({ down, across }) {
	const count = down * across;
	return {
		addresses: new Float64Array(count).fill(-1),
		sizes: new Uint32Array(count),
		masks: new Uint32Array(count)
	};
}
/** The chunks of a B-tree of version 1. @throws NotSimpleError for one that contradicts itself */
function chunksOfTree(bytes, address, grid) {
	const table = emptyTable(grid);
	const keyBytes = 8 + 8 * (grid.rank + 1);
	let nodes = 0;
	const visit = (at, level) => {
		if (++nodes > 2 * table.sizes.length + 2) throw new NotSimpleError("more nodes than chunks");
		const head = new Fields(bytes.read(at, 24));
		requireSignature(head, "TREE");
		const [type, ownLevel, entries] = [
			head.number(1),
			head.number(1),
			head.number(2)
		];
		if (type !== 1 || level !== null && ownLevel !== level) throw new NotSimpleError("another kind of node");
		const fields = new Fields(bytes.read(at + 24, entries * (keyBytes + 8)));
		for (let k = 0; k < entries; k++) {
			const size = fields.number(4);
			const mask = fields.number(4);
			const row = fields.number(8);
			const column = grid.rank === 2 ? fields.number(8) : 0;
			fields.skip(8);
			const child = fields.number(8);
			if (ownLevel > 0) visit(child, ownLevel - 1);
			else place(table, grid, chunkOf(grid, row, column), child, size, mask);
		}
	};
	visit(address, null);
	return table;
}
function chunkOf(grid, row, column) {
	if (row % grid.rows !== 0 || column % grid.columns !== 0) throw new NotSimpleError("a chunk off the grid");
	const [down, across] = [row / grid.rows, column / grid.columns];
	return down < grid.down && across < grid.across ? down * grid.across + across : -1;
}
function place(table, grid, at, address, size, mask) {
	if (at < 0) return;
	if (at >= grid.down * grid.across || table.addresses[at] !== -1) throw new NotSimpleError("a chunk that stands twice");
	table.addresses[at] = address;
	table.sizes[at] = size;
	table.masks[at] = mask;
}
/** The chunks of a fixed array: a header `FAHD` and one block of elements `FADB`, in pages where they are many. */
function chunksOfFixedArray(bytes, address, grid) {
	const header = bytes.read(address, 28);
	const head = new Fields(header);
	requireSignature(head, "FAHD");
	requireChecksum(header);
	const [version, filtered, entryBytes, pageBits] = [
		head.number(1),
		head.number(1),
		head.number(1),
		head.number(1)
	];
	const count = head.number(8);
	const block = head.number(8);
	const table = emptyTable(grid);
	const fits = grid.rank === 1 ? count >= table.sizes.length : count === table.sizes.length;
	if (version !== 0 || filtered > 1 || !fits) throw new NotSimpleError("another fixed array");
	const sizeBytes = filtered === 1 ? entryBytes - 12 : 0;
	if (filtered === 1 ? sizeBytes < 1 || sizeBytes > 8 : entryBytes !== 8) throw new NotSimpleError("odd elements");
	const perPage = 2 ** pageBits;
	const pages = count > perPage ? Math.ceil(count / perPage) : 0;
	const prefixBytes = 14 + (pages > 0 ? Math.ceil(pages / 8) : 0);
	const checkedPrefix = bytes.read(block, prefixBytes + (pages > 0 ? 0 : count * entryBytes) + 4);
	requireSignature(new Fields(checkedPrefix), "FADB");
	requireChecksum(checkedPrefix);
	let at = block + prefixBytes + (pages > 0 ? 4 : 0);
	for (let first = 0; first < table.sizes.length; first += perPage) {
		const elements = pages > 0 ? Math.min(perPage, count - first) : count;
		if (pages > 0) requireChecksum(bytes.read(at, elements * entryBytes + 4));
		const fields = new Fields(bytes.read(at, elements * entryBytes));
		for (let k = 0; k < elements; k++) {
			const chunk = fields.address();
			const size = filtered === 1 ? fields.number(sizeBytes) : grid.bytes;
			const mask = filtered === 1 ? fields.number(4) : 0;
			if (chunk !== -1 && first + k < table.sizes.length) place(table, grid, first + k, chunk, size, mask);
		}
		if (pages === 0) break;
		at += elements * entryBytes + 4;
	}
	return table;
}
//#endregion
//#region src/data/hdf5-storage/storage.ts
/**
* How the elements of a data set are stored, as plain data: enough to read them in any thread without the HDF5 library (HDF5
* File Format Specification 3.0, section IV.A.2.i, data layout messages of versions 3 and 4).
*/
/** Filters that are undone without the library, by their numbers in HDF5. */
const FILTER = {
	deflate: 1,
	shuffle: 2,
	fletcher32: 3
};
const LAYOUT = {
	contiguous: 1,
	chunked: 2
};
const INDEX = {
	single: 1,
	fixedArray: 3
};
/** Most bytes of the chunks beside each other that are unpacked together, and of one packed chunk; the library cuts larger ones. */
const MOST_BAND_BYTES = 2 ** 28;
/** Dimensions of the chunks of a data set, from the messages of its header; null for one in one piece. */
function chunkShape(message) {
	const version = message.number(1);
	if (version !== 3 && version !== 4) throw new NotSimpleError("a layout of another version");
	const kind = message.number(1);
	if (kind === LAYOUT.contiguous) return null;
	if (kind !== LAYOUT.chunked) throw new NotSimpleError("another layout");
	if (version === 4) message.skip(1);
	const dimensions = message.number(1);
	if (version === 3) message.skip(8);
	const width = version === 3 ? 4 : message.number(1);
	return Array.from({ length: dimensions }, () => message.number(width)).slice(0, -1);
}
/**
* Finds the elements of a data set.
*
* @param address of its object header
* @returns null where only the library can read it: another index, another filter, chunks that were never written, or
*   structures that contradict each other
*/
function findData(bytes, address, shape) {
	const known = Object.values(FILTER);
	if (!shape.filters.every((filter) => known.includes(filter))) return null;
	if (new Set(shape.filters).size < shape.filters.length) return null;
	try {
		const message = readMessages(bytes, address).one(MESSAGE.layout);
		const version = message.number(1);
		if (version !== 3 && version !== 4) return null;
		const kind = message.number(1);
		if (kind === LAYOUT.contiguous) return inOnePiece(bytes, message, shape);
		if (kind !== LAYOUT.chunked || shape.chunk === null) return null;
		const grid = gridOf(shape, shape.chunk, bytes.size);
		const table = version === 3 ? tableOfVersion3(bytes, message, grid) : tableOfVersion4(bytes, message, grid);
		if (table === null || !isWhole(table, bytes.size)) return null;
		return {
			...shape,
			address: -1,
			grid,
			table
		};
	} catch (error) {
		if (error instanceof NotSimpleError || error instanceof RangeError) return null;
		throw error;
	}
}
function inOnePiece(bytes, message, shape) {
	const address = message.address();
	const length = message.number(8);
	const whole = shape.rows * shape.columns * shape.width;
	if (address === -1 || length !== whole || address + length > bytes.size || shape.chunk !== null) return null;
	return {
		...shape,
		address,
		grid: null,
		table: null
	};
}
function gridOf({ rows, columns, rank, width }, [chunkRows, chunkColumns], fileBytes) {
	const bytes = chunkRows * chunkColumns * width;
	const [down, across] = [Math.ceil(rows / chunkRows), Math.ceil(columns / chunkColumns)];
	if (!(bytes > 0 && across * bytes <= MOST_BAND_BYTES)) throw new NotSimpleError("a chunk of no such size");
	if (down * across > fileBytes / 8) throw new NotSimpleError("more chunks than the file holds");
	return {
		down,
		across,
		rows: chunkRows,
		columns: chunkColumns,
		rank,
		bytes
	};
}
/** Dimensions of a chunk, the last one the bytes of an element. @throws NotSimpleError where they are not the grid's */
function checkDimensions(message, width, dimensions, grid) {
	const found = Array.from({ length: dimensions }, () => message.number(width));
	const size = grid.bytes / grid.rows / grid.columns;
	const expected = grid.rank === 1 ? [grid.rows, size] : [
		grid.rows,
		grid.columns,
		size
	];
	if (found.join() !== expected.join()) throw new NotSimpleError("chunks of another shape");
}
function tableOfVersion3(bytes, message, grid) {
	const dimensions = message.number(1);
	const tree = message.address();
	checkDimensions(message, 4, dimensions, grid);
	return tree === -1 ? null : chunksOfTree(bytes, tree, grid);
}
function tableOfVersion4(bytes, message, grid) {
	const flags = message.number(1);
	if ((flags & 1) !== 0) return null;
	const dimensions = message.number(1);
	checkDimensions(message, message.number(1), dimensions, grid);
	const index = message.number(1);
	if (index === INDEX.single) {
		const filtered = (flags & 2) !== 0;
		const size = filtered ? message.number(8) : grid.bytes;
		const mask = filtered ? message.number(4) : 0;
		const address = message.address();
		if (address === -1 || grid.down * grid.across !== 1) return null;
		return {
			addresses: Float64Array.of(address),
			sizes: Uint32Array.of(size),
			masks: Uint32Array.of(mask)
		};
	}
	if (index !== INDEX.fixedArray) return null;
	message.skip(1);
	const array = message.address();
	return array === -1 ? null : chunksOfFixedArray(bytes, array, grid);
}
/** Whether every chunk is there, inside of the file. */
function isWhole({ addresses, sizes }, fileBytes) {
	return addresses.every((address, k) => {
		return address !== -1 && sizes[k] > 0 && sizes[k] <= MOST_BAND_BYTES && address + sizes[k] <= fileBytes;
	});
}
//#endregion
//#region src/data/hdf5-storage/texts.ts
/** Texts of fixed length, and those of variable length in the global heap (HDF5 File Format Specification 3.0, section III.E). */
/** Collections that are remembered: texts that follow each other mostly lie in one. */
const REMEMBERED = 16;
/** Bytes of a collection at most. */
const MOST_BYTES$1 = 1 << 28;
/** Reads texts of a file. */
var TextReader = class {
	bytes;
	collections = /* @__PURE__ */ new Map();
	constructor(bytes) {
		this.bytes = bytes;
	}
	/** The texts in the bytes of some elements. @throws NotSimpleError for elements that are no texts */
	textsIn(elements, type) {
		const count = Math.floor(elements.length / type.size);
		if (type.type === "text") return Array.from({ length: count }, (_, i) => textOf(elements.subarray(i * type.size, (i + 1) * type.size)));
		if (type.type !== "variable text") throw new NotSimpleError("no texts");
		const fields = new Fields(elements);
		return Array.from({ length: count }, () => {
			const length = fields.number(4);
			const collection = fields.number(8);
			const index = fields.number(4);
			return length === 0 ? "" : textOf(this.object(collection, index).subarray(0, length));
		});
	}
	object(collection, index) {
		const object = this.collection(collection).get(index);
		if (object === void 0) throw new NotSimpleError("a text lies nowhere");
		return object;
	}
	/** version, reserved (3), size; then objects: index (2), references (2), reserved (4), size, content to a multiple of 8. */
	collection(address) {
		const known = this.collections.get(address);
		if (known) return known;
		const head = new Fields(this.bytes.read(address, 16));
		requireSignature(head, "GCOL");
		head.skip(4);
		const size = head.number(8);
		if (size > MOST_BYTES$1) throw new NotSimpleError("a large collection");
		const fields = new Fields(this.bytes.read(address + 16, size - 16));
		const objects = /* @__PURE__ */ new Map();
		while (fields.left >= 16) {
			const index = fields.number(2);
			fields.skip(6);
			const length = fields.number(8);
			if (index === 0) break;
			objects.set(index, fields.bytes(length));
			fields.skip(8 * Math.ceil(length / 8) - length);
		}
		if (this.collections.size >= REMEMBERED) this.collections.delete([...this.collections.keys()][0]);
		this.collections.set(address, objects);
		return objects;
	}
};
//#endregion
//#region src/data/hdf5-storage/unpack.ts
/** Room that a checksum takes behind the data. */
const CHECKSUM_BYTES = 4;
/** Memory that is used again for one chunk after the other; none is kept where several are unpacked at a time. */
var Scratch = class {
	keep;
	held = new Uint8Array(0);
	constructor(keep) {
		this.keep = keep;
	}
	/** At least so many bytes of any content. */
	room(bytes) {
		if (!this.keep) return new Uint8Array(bytes);
		if (this.held.length < bytes) this.held = new Uint8Array(Math.ceil(1.25 * bytes));
		return this.held;
	}
};
/** Unpacks chunks; the result of one is overwritten by the next where memory is kept. */
var Unpacker = class {
	inflate;
	inflated;
	shuffled;
	constructor(inflate, keep) {
		this.inflate = inflate;
		this.inflated = new Scratch(keep);
		this.shuffled = new Scratch(keep);
	}
	/** The bytes of a chunk, at once where inflating is. @throws Error saying what is damaged */
	unpack(packed, { filters, mask, length, width }) {
		const applied = filters.filter((_, k) => (mask & 1 << k) === 0);
		const undo = (from, last) => {
			let bytes = from;
			for (let k = last; k >= 0; k--) if (applied[k] === FILTER.fletcher32) bytes = checked(bytes);
			else if (applied[k] === FILTER.shuffle) bytes = unshuffled(bytes, width, this.shuffled);
			else {
				const checksum = applied.slice(0, k).includes(FILTER.fletcher32) ? CHECKSUM_BYTES : 0;
				const inflated = this.inflate(bytes, length + checksum, this.inflated);
				if (inflated instanceof Promise) return inflated.then((result) => undo(result, k - 1));
				bytes = inflated;
			}
			if (bytes.length !== length) throw new Error(`a chunk has ${bytes.length} bytes instead of ${length}`);
			return bytes;
		};
		return undo(packed, applied.length - 1);
	}
};
/** Puts the bytes of numbers together again that lie first bytes first, second bytes next and so on. */
function unshuffled(bytes, width, scratch) {
	const count = Math.floor(bytes.length / width);
	const out = scratch.room(bytes.length).subarray(0, bytes.length);
	for (let b = 0; b < width; b++) {
		const from = b * count;
		for (let i = 0, to = b; i < count; i++, to += width) out[to] = bytes[from + i];
	}
	out.set(bytes.subarray(count * width), count * width);
	return out;
}
/**
* Fletcher's checksum over 16-bit words as HDF5 takes it: big-endian words, sums modulo 65535, an odd byte counts as the high
* one.
*/
function fletcher32(bytes) {
	let low = 0;
	let high = 0;
	const words = bytes.length >> 1;
	for (let at = 0; at < words;) {
		for (const stop = Math.min(words, at + 360); at < stop; at++) {
			low += bytes[2 * at] << 8 | bytes[2 * at + 1];
			high += low;
		}
		low = (low & 65535) + (low >>> 16);
		high = (high & 65535) + (high >>> 16);
	}
	if (bytes.length % 2 === 1) {
		low += bytes[bytes.length - 1] << 8;
		high += low;
		low = (low & 65535) + (low >>> 16);
		high = (high & 65535) + (high >>> 16);
	}
	low = (low & 65535) + (low >>> 16);
	high = (high & 65535) + (high >>> 16);
	return (high << 16 | low) >>> 0;
}
/** The data before a checksum, little-endian. @throws Error where they differ */
function checked(bytes) {
	const data = bytes.subarray(0, bytes.length - CHECKSUM_BYTES);
	if (data.length === 0) throw new Error("a chunk without data");
	const stored = new DataView(bytes.buffer, bytes.byteOffset + data.length, CHECKSUM_BYTES).getUint32(0, true);
	const sum = fletcher32(data);
	const swapped = ((sum & 16711935) << 8 | sum >>> 8 & 16711935) >>> 0;
	if (stored !== sum && stored !== swapped) throw new Error("a checksum does not fit");
	return data;
}
//#endregion
//#region src/data/hdf5-storage/plain-file.ts
/**
* A file of the plain kind that nearly all matrices come in, read without the HDF5 library, whose WebAssembly takes longer to
* load than such a file to open. The objects have what of the library's is used here. A file with anything else in it
* is refused as a whole, for the library to read.
*/
/** Groups of AnnData that are never read: they may hold anything. */
const UNREAD = [
	"uns",
	"obsm",
	"varm",
	"obsp",
	"varp"
];
/** Objects of a file, and groups within each other, at most. */
const MOST_OBJECTS = 2e3;
const MOST_DEPTH = 8;
/** Address of the root group in the superblock, by its version. */
const ROOT_AT = [
	64,
	68,
	36,
	36
];
/** Bytes of a data set that is read as a whole: columns of annotation. */
const MOST_BYTES = 2 ** 31;
/** The root group. @throws NotSimpleError, RangeError for a file that is not of the plain kind */
function openPlainFile(source) {
	return new PlainReader(source).root();
}
var PlainReader = class {
	source;
	texts;
	objects = 0;
	constructor(source) {
		this.source = source;
		this.texts = new TextReader(source.bytes);
	}
	root() {
		const { bytes } = this.source;
		const version = bytes.read(8, 1)[0];
		const root = this.object("", new Fields(bytes.read(ROOT_AT[version], 8)).address(), 0);
		if (root?.type !== "Group") throw new NotSimpleError("no root group");
		return root;
	}
	object(path, address, depth) {
		if (++this.objects > MOST_OBJECTS || depth > MOST_DEPTH) throw new NotSimpleError("many objects");
		const messages = readMessages(this.source.bytes, address);
		const attrs = attributesOf(messages, this.texts);
		if (messages.has(MESSAGE.dataspace)) return new PlainDataset(this, path, address, messages, attrs);
		const members = membersOf(this.source.bytes, messages);
		const children = /* @__PURE__ */ new Map();
		const names = [...members.keys()].sort(compareCodePoints);
		for (const name of names) {
			const skipped = path === "" && UNREAD.includes(name);
			children.set(name, skipped ? null : this.object(`${path}/${name}`, members.get(name) ?? 0, depth + 1));
		}
		return {
			type: "Group",
			path: path === "" ? "/" : path,
			attrs,
			keys: () => names,
			get: (name) => children.get(name) ?? null
		};
	}
};
/** A data set of one or two dimensions. */
var PlainDataset = class {
	type = "Dataset";
	path;
	/** Address of its header. */
	address;
	attrs;
	shape;
	metadata;
	filters;
	reader;
	element;
	stored;
	constructor(reader, path, address, messages, attrs) {
		if (messages.has(MESSAGE.external)) throw new NotSimpleError("data in another file");
		this.reader = reader;
		this.path = path;
		this.address = address;
		this.attrs = attrs;
		this.shape = dimensions(messages.one(MESSAGE.dataspace));
		this.element = elementType(messages.one(MESSAGE.datatype));
		this.filters = messages.has(MESSAGE.filters) ? filtersOf(messages.one(MESSAGE.filters)) : [];
		const { shape, element } = this;
		if (shape === null || shape.length < 1 || shape.length > 2) throw new NotSimpleError("other dimensions");
		const empty = shape.includes(0);
		const chunks = empty ? null : chunkShape(messages.one(MESSAGE.layout));
		const numeric = element.type === "number" || element.type === "enumeration";
		this.metadata = {
			type: element.type === "enumeration" ? TYPE_CLASS.enumeration : element.type !== "number" ? TYPE_CLASS.string : element.kind[0] === "f" ? TYPE_CLASS.float : TYPE_CLASS.integer,
			size: element.size,
			signed: numeric && element.kind[0] !== "u",
			littleEndian: true,
			shape,
			chunks,
			...element.type === "enumeration" && { enum_type: { members: element.members } }
		};
		this.stored = empty ? null : findData(reader.source.bytes, address, {
			rows: shape[0],
			columns: shape[1] ?? 1,
			rank: shape.length === 1 ? 1 : 2,
			width: element.size,
			chunk: chunks === null ? null : [chunks[0], chunks[1] ?? 1],
			filters: this.filters.map(({ id }) => id)
		});
		if (!empty && this.stored === null) throw new NotSimpleError("data that the library reads");
	}
	/** Elements of some rows: numbers or texts. @throws Error saying what is damaged */
	slice([[from, to]]) {
		const { element, stored, reader } = this;
		const bytes = stored === null ? new Uint8Array(0) : rowsOf(reader.source, stored, from, to);
		return element.type === "text" || element.type === "variable text" ? reader.texts.textsIn(bytes, element) : numbersIn(bytes, element.kind);
	}
};
/** Bytes of some rows of a data set, all in memory. */
function rowsOf(source, stored, from, to) {
	const { rows, columns, width, grid, table, filters, address } = stored;
	const rowBytes = columns * width;
	const stop = Math.min(to, rows);
	if ((stop - from) * rowBytes > MOST_BYTES) throw new Error("too much to be read at once");
	if (grid === null || table === null) return source.bytes.read(address + from * rowBytes, (stop - from) * rowBytes);
	const out = new Uint8Array((stop - from) * rowBytes);
	const unpacker = new Unpacker(source.inflate, false);
	for (let at = Math.floor(from / grid.rows) * grid.across; at < Math.ceil(stop / grid.rows) * grid.across; at++) {
		const packed = source.bytes.read(table.addresses[at], table.sizes[at]);
		const chunk = unpacker.unpack(packed, {
			filters,
			mask: table.masks[at],
			length: grid.bytes,
			width
		});
		if (chunk instanceof Promise) throw new Error("chunks are unpacked elsewhere");
		const first = Math.floor(at / grid.across) * grid.rows;
		const left = at % grid.across * grid.columns;
		const bytes = Math.min(grid.columns, columns - left) * width;
		for (let row = Math.max(from, first); row < Math.min(stop, first + grid.rows); row++) {
			const begin = (row - first) * grid.columns * width;
			out.set(chunk.subarray(begin, begin + bytes), (row - from) * rowBytes + left * width);
		}
	}
	return out;
}
/**
* Filters from the message of a pipeline: version, filters, reserved (6, version 1); of each its number, length of its name,
* flags, number of parameters (2 bytes each), name and parameters. Version 2 has no lengths and names of HDF5's own.
*/
function filtersOf(fields) {
	const version = fields.number(1);
	const count = fields.number(1);
	if (version === 1) fields.skip(6);
	return Array.from({ length: count }, () => {
		const id = fields.number(2);
		const length = version === 1 || id >= 256 ? fields.number(2) : 0;
		fields.skip(2);
		const parameters = fields.number(2);
		fields.skip((version === 1 ? 8 * Math.ceil(length / 8) : length) + 4 * parameters);
		if (version === 1 && parameters % 2 === 1) fields.skip(4);
		return {
			id,
			name: String(id)
		};
	});
}
//#endregion
//#region src/data/replace-file.node.ts
const reasons = {
	ENOENT: ["no such folder", "Create the folder first."],
	ENOTDIR: ["no such folder", "Create the folder first."],
	EACCES: ["no permission", "Choose a folder that you may write to."],
	EPERM: ["no permission", "Choose a folder that you may write to."],
	EROFS: ["the file system is read-only", "Choose another folder."],
	ENOSPC: ["the disk is full", "Make room or choose another disk."],
	ENAMETOOLONG: ["the name is too long", "Choose a shorter one."],
	EDQUOT: ["the quota is used up", "Make room or choose another disk."],
	EFBIG: ["files of that size are not allowed", "Raise the limit (ulimit -f), or choose another disk."],
	EIO: ["the disk reports an error", "Choose another disk, and look after this one."],
	EMFILE: ["too many files are open", "Raise the limit (ulimit -n), or write fewer files at once."],
	EEXIST: ["there is a file of that name", "Choose another name."],
	ELOOP: ["its links lead in a circle", "Choose another name."],
	EPIPE: ["its reader went away", "Write to a file."]
};
/** Linux's number of EDQUOT, for which Node has no name. */
const QUOTA = -122;
/** Errors of the file system as tagged errors; all others as they are. */
function writingError(error, path) {
	if (!(error instanceof Error)) return error;
	if (error.name === "AbortError") return new FitError("AbortError", `writing '${path}' was stopped`, {
		path,
		cause: error
	});
	if (!("code" in error && "syscall" in error)) return error;
	const [what, remedy] = reasons["errno" in error && error.errno === QUOTA ? "EDQUOT" : String(error.code)] ?? [error.message, "See the message of the system."];
	return new FitError("DataError", `cannot write '${path}': ${what}`, {
		path,
		remedy,
		unreadable: true,
		cause: error
	});
}
//#endregion
//#region src/data/matrix/hdf5-files.ts
/** No such file, in Emscripten's numbers. */
const ENOENT = 44;
/** Scratch files of the C library, which the error handler writes to. */
const SCRATCH = /(^|\/)tmpfile_\w+$/;
const watches = /* @__PURE__ */ new WeakMap();
/** Watches a file system; the same watch for the same one. */
function watchFiles(files) {
	const known = watches.get(files);
	if (known) return known;
	const open = files.open.bind(files);
	const folders = [];
	let watching = false;
	let asked = null;
	files.open = (path, ...rest) => {
		if (!watching || SCRATCH.test(path) || folders.some((folder) => `${path}/`.startsWith(folder))) return open(path, ...rest);
		asked ??= path;
		throw new files.ErrnoError(ENOENT);
	};
	const watch = {
		within(action) {
			const outer = watching;
			watching = true;
			asked = null;
			try {
				return {
					result: action(),
					foreign: asked
				};
			} catch (error) {
				return {
					error,
					foreign: asked
				};
			} finally {
				watching = outer;
			}
		},
		allowFolder(folder) {
			const prefix = folder.endsWith("/") ? folder : `${folder}/`;
			if (!folders.includes(prefix)) folders.push(prefix);
		}
	};
	watches.set(files, watch);
	return watch;
}
//#endregion
//#region src/data/matrix/hdf5-objects.ts
/** Objects of an HDF5 file as they are used here, of the HDF5 library's (h5wasm) or of a plain file's. */
/** By the tag, not by `instanceof`: Node's and the browser's build of the library have classes of their own. */
function isGroupOrDataset(entity) {
	if (typeof entity !== "object" || entity === null || !("type" in entity)) return false;
	return entity.type === "Group" || entity.type === "Dataset";
}
function isGroup(entity) {
	return entity.type === "Group";
}
/** Address of a dataset's header: a reference to it is that, 8 bytes. */
function headerAddress(dataset) {
	if (dataset.address !== void 0) return dataset.address;
	const bytes = dataset.create_reference?.().ref_data;
	return bytes?.length === 8 ? exactDoubles(new BigUint64Array(Uint8Array.from(bytes).buffer))[0] : void 0;
}
/** Name of a dataset as the user would write it. */
function label(entity) {
	return entity.path.replace(/^\//, "");
}
/** Kind of little-endian whole or floating numbers; null for others. */
function numberKind({ type, size, signed, littleEndian }) {
	const letter = type === TYPE_CLASS.float ? "f" : type !== TYPE_CLASS.integer ? null : signed ? "i" : "u";
	const kinds = NUMBER_KINDS;
	const kind = `${letter}${size}`;
	return (littleEndian || size === 1) && kinds.includes(kind) ? kind : null;
}
//#endregion
//#region src/data/matrix/hdf5-tree.ts
/** Filters that the library can undo by itself: deflate, shuffle, fletcher32, nbit, scaleoffset. */
const BUILT_IN_FILTERS = [
	1,
	2,
	3,
	5,
	6
];
/** Plugins that undo others, by filter. */
const FILTER_PLUGINS = {
	307: "bz2",
	32e3: "lzf",
	32001: "blosc",
	32004: "lz4",
	32008: "bshuf",
	32013: "zfp",
	32015: "zstd",
	32026: "blosc2"
};
/** File of a plugin. */
const pluginFile = (plugin) => `libH5Z${plugin}.so`;
/**
* Bytes that a data set may declare for each byte of its file: deflate packs 1032 to 1, others more where all is one value. A
* file of some kB that declares 2^31 names would take all memory before the first is read.
*/
const MOST_PACKED = 1100;
const MOST_PACKED_OTHERWISE = 1e5;
/** Bytes below which nothing is asked. */
const SMALL_BYTES = 1 << 24;
const FILTER_NAMES = {
	4: "szip",
	32e3: "lzf",
	32001: "blosc",
	32004: "lz4",
	32008: "bitshuffle",
	32013: "zfp",
	32015: "zstd",
	32026: "blosc2"
};
/** Strings are read this many at a time, so that their copies outside and inside the library stay small. */
const STRINGS_PER_READ = 1 << 18;
/**
* An open HDF5 file (h5wasm, in Node or a browser, with its throwing error handler active) whose failures become errors
* for the user: every read names the file and the dataset.
*/
var Hdf5Tree = class {
	root;
	path;
	context;
	found = /* @__PURE__ */ new Map();
	constructor(root, path, context) {
		this.root = root;
		this.path = path;
		this.context = context;
	}
	/** The group or dataset of that name, undefined when there is none (or it is a link to nowhere). */
	find(name) {
		const parts = name.split("/");
		let entity = this.root;
		for (const part of parts) {
			if (entity === void 0 || !isGroup(entity)) return void 0;
			const parent = entity;
			const child = this.guard(name, () => parent.get(part));
			entity = isGroupOrDataset(child) ? child : void 0;
		}
		return entity;
	}
	/** @throws FitError `DataError`, `unreadable`, when it is missing or no dataset, or packed by an unknown filter. */
	dataset(name) {
		const entity = this.find(name);
		if (entity === void 0 || isGroup(entity)) throw this.corrupt(`${this.path} has no dataset '${name}'`);
		const filters = this.guard(name, () => entity.filters);
		const unknown = filters.find(({ id }) => !BUILT_IN_FILTERS.includes(id) && !this.context.plugins.has(FILTER_PLUGINS[id] ?? ""));
		for (const { id } of filters) this.context.prepare?.(FILTER_PLUGINS[id] ?? "");
		this.checkSize(name, entity, filters.map(({ id }) => id));
		if (unknown !== void 0) {
			const filter = FILTER_NAMES[unknown.id] ?? unknown.name;
			throw new FitError("DataError", `dataset '${name}' of ${this.path} is compressed with ${filter} (filter ${unknown.id}), which cannot be read`, {
				path: this.path,
				unreadable: true,
				remedy: "save the file again with gzip, in Python: adata.write_h5ad(path, compression='gzip')"
			});
		}
		return entity;
	}
	/** What a data set declares is compared with the bytes that the file has, before anything is allocated for it. */
	checkSize(name, dataset, filters) {
		const { size, shape, virtual_sources: sources } = this.guard(name, () => dataset.metadata);
		if (sources !== void 0 && sources.length > 0) throw this.elsewhere(name, sources[0].file_name);
		const bytes = (shape ?? []).reduce((product, length) => product * length, size);
		const ratio = filters.every((id) => BUILT_IN_FILTERS.includes(id)) ? MOST_PACKED : MOST_PACKED_OTHERWISE;
		if (bytes <= SMALL_BYTES || bytes <= ratio * this.context.bytes) return;
		throw this.corrupt(`dataset '${name}' of ${this.path} declares ${shape?.join(" x ")} elements, more than ${this.context.bytes} bytes can hold`, "the file is damaged: fetch or write it again");
	}
	elsewhere(name, file) {
		return new FitError("DataError", `'${name.replace(/^\//, "")}' of ${this.path} lies in another file ('${file}'), and other files are never read`, {
			path: this.path,
			unreadable: true,
			remedy: "write all data into one file: links, external storage and virtual data sets are refused"
		});
	}
	/** Names below a group. */
	keys(group) {
		return this.guard(group.path, () => group.keys());
	}
	/** An attribute as a string, a number, or a list of them; undefined when it is missing. */
	attribute(entity, name) {
		return this.guard(`${entity.path}@${name}`, () => {
			const attribute = entity.attrs[name];
			if (attribute === void 0) return void 0;
			if (attribute.shape?.includes(0)) return [];
			return plain(attribute.value);
		});
	}
	/** The same, when it is text. */
	text(entity, name) {
		const value = this.attribute(entity, name);
		return typeof value === "string" ? value : void 0;
	}
	/** Length of a dataset of one dimension. */
	length(dataset) {
		const shape = this.guard(dataset.path, () => dataset.shape);
		if (shape?.length !== 1) throw this.corrupt(`dataset '${label(dataset)}' of ${this.path} should have one dimension`);
		return shape[0];
	}
	/** Elements `from .. to` along the first dimension of a numeric, boolean or enumerated dataset. */
	numbers(dataset, from, to) {
		return this.guard(dataset.path, () => {
			const { type } = dataset.metadata;
			if (type !== TYPE_CLASS.integer && type !== TYPE_CLASS.float && type !== TYPE_CLASS.enumeration) throw this.corrupt(`dataset '${label(dataset)}' of ${this.path} does not hold numbers`);
			if (to <= from) return new Float64Array(0);
			if (type !== TYPE_CLASS.float || dataset.metadata.size !== 2) return toNumbers(dataset.slice([[from, to]]));
			const metadata = {
				...dataset.metadata,
				type: TYPE_CLASS.integer,
				signed: false
			};
			const bits = Object.create(dataset, { metadata: { value: metadata } }).slice([[from, to]]);
			if (bits instanceof Float32Array) return bits;
			if (!(bits instanceof Uint16Array)) throw new Error("half floats that are no 16 bits");
			return fromHalfFloats(bits);
		});
	}
	/** What reads chunks without the library; null where the library reads them. */
	get chunks() {
		return this.context.chunks ?? null;
	}
	/** Where the numbers of a dataset of one or two dimensions lie in the file; null where only the library can read them. */
	stored(dataset) {
		let found = this.found.get(dataset.path);
		if (found === void 0) {
			found = this.findStored(dataset);
			this.found.set(dataset.path, found);
		}
		return found;
	}
	async findStored(dataset) {
		const { chunks } = this.context;
		if (chunks === void 0) return null;
		const { shape, kind, chunk, filters, address } = this.guard(dataset.path, () => ({
			shape: dataset.shape,
			kind: numberKind(dataset.metadata),
			chunk: dataset.metadata.chunks,
			filters: dataset.filters.map(({ id }) => id),
			address: headerAddress(dataset)
		}));
		if (kind === null || address === void 0 || shape === null || !(shape.length === 1 || shape.length === 2) || shape.includes(0)) return null;
		return findData(chunks.bytes, address, {
			rows: shape[0],
			columns: shape[1] ?? 1,
			rank: shape.length,
			kind,
			width: bytesOf(kind),
			chunk: chunk === null ? null : [chunk[0], chunk[1] ?? 1],
			filters
		});
	}
	/** All strings of a dataset of one dimension. */
	strings(dataset) {
		const strings = [];
		this.visitStrings(dataset, (text) => {
			strings.push(text);
		});
		return strings;
	}
	/** Hands the strings of a dataset of one dimension over one by one; they are read slab by slab. */
	visitStrings(dataset, visitor) {
		const length = this.length(dataset);
		this.guard(dataset.path, () => {
			const text = dataset.metadata.type === TYPE_CLASS.string;
			for (let from = 0; from < length; from += STRINGS_PER_READ) {
				const to = Math.min(length, from + STRINGS_PER_READ);
				const part = text ? dataset.slice([[from, to]]) : Array.from(this.numbers(dataset, from, to));
				if (!Array.isArray(part)) throw new Error("no strings");
				part.forEach((value, i) => {
					visitor(String(value), from + i);
				});
			}
		});
	}
	/** Runs an action of the library; its failure becomes a `DataError`, `unreadable`, naming the object. */
	guard(name, action) {
		const { result, error, foreign } = this.context.watch.within(action);
		if (foreign !== null) throw this.elsewhere(name, foreign);
		if (error === void 0) return result;
		if (error instanceof FitError) throw error;
		throw new FitError("DataError", `'${name.replace(/^\//, "")}' of ${this.path} cannot be read: ${hdf5Reason(error)}`, {
			path: this.path,
			unreadable: true,
			remedy: error instanceof InexactNumberError ? "store the column as text: a double would round it" : "the file is damaged: fetch or write it again",
			cause: error
		});
	}
	/** An error about content that contradicts itself. */
	corrupt(message, remedy = "the file is damaged or was not written by anndata or CellRanger: write it again") {
		return new FitError("DataError", message, {
			path: this.path,
			unreadable: true,
			remedy
		});
	}
};
/** What is left of a library in WebAssembly that aborted. */
const GAVE_UP = /aborted|memory access|out of bounds|unreachable|table index|null function|indirect call|stack size/i;
/** The innermost line of HDF5's stack of errors. */
function hdf5Reason(error) {
	const message = error instanceof Error ? error.message : String(error);
	if (GAVE_UP.test(message)) return "the HDF5 library gave up on it";
	const reasons = [...message.matchAll(/ in \w+\(\): (.+)/g)];
	return reasons.length > 0 ? reasons[reasons.length - 1][1] : message.split("\n")[0];
}
/** The error for a file that the library does not open. */
function unopened(path, error) {
	const reason = hdf5Reason(error);
	const problem = /signature/.test(reason) ? "is not an HDF5 file" : /truncated|eof|addr overflow/i.test(reason) ? "is truncated" : "cannot be opened";
	return new FitError("DataError", `${path} ${problem} (${reason})`, {
		path,
		unreadable: true,
		remedy: problem === "is not an HDF5 file" ? "check that it is the right file" : "fetch or write the file again",
		cause: error
	});
}
function plain(value) {
	if (typeof value === "string" || typeof value === "number") return value;
	if (typeof value === "bigint" || typeof value === "boolean") return Number(value);
	if (Array.isArray(value)) return value.map((item) => typeof item === "string" ? item : Number(item));
	if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return Array.from(toNumbers(value));
}
/** Widens what the library returns. */
function toNumbers(data) {
	if (data instanceof Float64Array || data instanceof Float32Array || data instanceof Int32Array) return data;
	if (data instanceof BigInt64Array || data instanceof BigUint64Array) return exactDoubles(data);
	if (data instanceof Uint32Array) return Float64Array.from(data);
	if (data instanceof Int8Array || data instanceof Uint8Array || data instanceof Int16Array || data instanceof Uint16Array) return Int32Array.from(data);
	throw new Error("a type of number that is not read");
}
//#endregion
//#region src/data/matrix/lzf-plugin.ts
/**
* A mend for the LZF decompressor that is published for the HDF5 library in WebAssembly (`h5wasm-plugins` 0.2.1).
*
* A packed chunk of numbers says how long it is unpacked; one of text, as anndata writes names and categories, does not, and
* then the C code takes a buffer as long as the packed chunk, finds it too short and gives up instead of trying a longer one.
* The one instruction that takes that length is exchanged for a constant as long as it, which is the largest chunk that h5py
* makes of its own accord; where the code is another, nothing is changed.
*/
/** `local.get 4; i32.load; local.set 1` and `i32.const 1048576; local.set 1`, in WebAssembly's bytes. */
const PACKED_LENGTH = Uint8Array.of(32, 4, 40, 2, 0, 33, 1);
const LARGEST_CHUNK = Uint8Array.of(65, 128, 128, 192, 0, 33, 1);
/** The plugin's bytes with the longer buffer; the same bytes when the instruction is not found exactly once. */
function withWholeBuffer(plugin) {
	const at = find(plugin, 0);
	if (at < 0 || find(plugin, at + 1) >= 0) return plugin;
	const mended = Uint8Array.from(plugin);
	mended.set(LARGEST_CHUNK, at);
	return mended;
}
function find(bytes, from) {
	for (let at = from; at + PACKED_LENGTH.length <= bytes.length; at++) if (PACKED_LENGTH.every((byte, i) => bytes[at + i] === byte)) return at;
	return -1;
}
//#endregion
//#region src/data/matrix/hdf5.node.ts
/**
* Opens an HDF5 file for reading: a plain one without the library.
*
* @throws FitError `DataError`, `unreadable`, when it is missing, no HDF5 file, or truncated.
*/
async function openHdf5(path) {
	return openPlain(path, await readableBytes(path)) ?? openByLibrary(path);
}
/** The same for a file of the plain kind; null for others. */
function openPlain(path, bytes) {
	const chunks = openPlainChunks(path, bytes);
	if (chunks === null) return null;
	try {
		return {
			tree: new Hdf5Tree(openPlainFile(chunks), path, {
				bytes,
				plugins: /* @__PURE__ */ new Set(),
				watch: {
					within: (action) => attempt(action),
					allowFolder: () => {}
				},
				chunks
			}),
			close: () => chunks.close()
		};
	} catch (error) {
		chunks.close();
		if (error instanceof NotSimpleError || error instanceof RangeError) return null;
		throw error;
	}
}
function attempt(action) {
	try {
		return {
			result: action(),
			foreign: null
		};
	} catch (error) {
		return {
			error,
			foreign: null
		};
	}
}
/** The same through the library, whatever is in the file. */
async function openByLibrary(path) {
	const { File, ready } = await import("./hdf5_hl-BszZd_tV.js");
	const library = await ready;
	library.activate_throwing_error_handler();
	const watch = watchFiles(library.FS);
	const bytes = await readableBytes(path);
	let file;
	try {
		file = new File(path, "r");
	} catch (error) {
		throw unopened(path, error);
	}
	let isOpen = true;
	const chunks = openPlainChunks(path, bytes);
	const { plugins, mend, remove } = installPlugins(library, watch);
	const close = () => {
		if (isOpen) file.close();
		isOpen = false;
		chunks?.close();
		remove();
	};
	const context = {
		bytes,
		plugins,
		prepare: mend,
		watch,
		...chunks && { chunks }
	};
	return {
		tree: new Hdf5Tree(file, path, context),
		close
	};
}
/** Shows the library where its decompression plugins lie. */
function installPlugins(library, watch) {
	let folder;
	try {
		folder = join(dirname(createRequire(import.meta.url).resolve("h5wasm-plugins/package.json")), "plugins");
	} catch {
		return {
			plugins: /* @__PURE__ */ new Set(),
			mend: () => {},
			remove: () => {}
		};
	}
	if (!library.get_plugin_search_paths().includes(folder)) library.insert_plugin_search_path(folder, 0);
	for (const path of library.get_plugin_search_paths()) watch.allowFolder(path);
	let mended;
	return {
		plugins: new Set(Object.values(FILTER_PLUGINS).filter((name) => existsSync(join(folder, pluginFile(name))))),
		mend(plugin) {
			if (plugin !== "lzf" || mended !== void 0) return;
			const own = join(tmpdir(), "webgpu-lmm-plugin-");
			try {
				mended = mkdtempSync(own);
				writeFileSync(join(mended, pluginFile(plugin)), withWholeBuffer(readFileSync(join(folder, pluginFile(plugin)))));
			} catch (error) {
				if (mended !== void 0) rmSync(mended, {
					recursive: true,
					force: true
				});
				mended = void 0;
				throw writingError(error, own);
			}
			watch.allowFolder(mended);
			library.insert_plugin_search_path(mended, 0);
		},
		remove() {
			if (mended === void 0) return;
			library.remove_plugin_search_path(library.get_plugin_search_paths().indexOf(mended));
			rmSync(mended, {
				recursive: true,
				force: true
			});
			mended = void 0;
		}
	};
}
/** Size of a file; the file system's own words for a missing file or a folder are clearer than the library's. */
async function readableBytes(path) {
	try {
		const handle = await open(path, "r");
		try {
			await handle.read(new Uint8Array(1), 0, 1, 0);
			return (await handle.stat()).size;
		} finally {
			await handle.close();
		}
	} catch (error) {
		throw unreadable(path, error);
	}
}
//#endregion
//#region src/data/unique-names.ts
/**
* Makes names unique the way anndata does: the first of several keeps its name, the second gets `-1`, the third `-2`;
* a suffixed name that already stands elsewhere in the list is passed over. `noun` (plural) says in the note what the
* names are.
*/
function uniqueNames(names, noun = "response names") {
	const taken = new Set(names);
	if (taken.size === names.length) return {
		names,
		renamed: 0,
		note: null
	};
	const seen = /* @__PURE__ */ new Set();
	const suffixes = /* @__PURE__ */ new Map();
	let example = "";
	let renamed = 0;
	const unique = names.map((name) => {
		if (!seen.has(name)) {
			seen.add(name);
			return name;
		}
		let suffix = suffixes.get(name) ?? 0;
		let candidate;
		do {
			suffix += 1;
			candidate = `${name}-${suffix}`;
		} while (taken.has(candidate));
		suffixes.set(name, suffix);
		taken.add(candidate);
		if (renamed === 0) example = `'${name}' became '${candidate}'`;
		renamed += 1;
		return candidate;
	});
	const counted = renamed === 1 ? noun.replace(/s$/, "") : noun;
	const note = `${renamed} repeated ${counted} got a suffix (${example}${renamed > 1 ? ", ..." : ""})`;
	return {
		names: unique,
		renamed,
		note
	};
}
/**
* Picks the features of one type and makes their ids unique. Without `featureType` those of type `Gene Expression` are
* read when the file holds several types, and all of them when it holds one.
*
* @throws FitError `OptionError` when no feature has the type that was asked for.
*/
function selectFeatures(features, path, featureType) {
	const { ids, genes, types } = features;
	const present = [...new Set(types ?? [])];
	const wanted = featureType ?? (present.length > 1 ? "Gene Expression" : void 0);
	if (wanted === void 0) {
		const { names, note } = uniqueNames(ids, "feature names");
		return {
			names,
			...genes && { genes },
			notes: note === null ? [] : [note]
		};
	}
	if (!present.includes(wanted)) {
		const near = nearestName(wanted, present);
		throw new FitError("OptionError", `no feature of ${path} has the type '${wanted}'`, {
			path,
			option: "featureType",
			remedy: present.length === 0 ? "the file has no column of feature types: leave the option out" : `${near === void 0 ? "" : `did you mean '${near}'? `}the file has ${present.map((t) => `'${t}'`).join(", ")}`
		});
	}
	const position = new Int32Array(ids.length).fill(-1);
	const kept = [];
	for (let j = 0; j < ids.length; j++) {
		if (types?.[j] !== wanted) continue;
		position[j] = kept.length;
		kept.push(j);
	}
	const { names, note } = uniqueNames(kept.map((j) => ids[j]), "feature names");
	const notes = note === null ? [] : [note];
	const dropped = ids.length - kept.length;
	const others = present.filter((type) => type !== wanted);
	return {
		names,
		...genes && { genes: kept.map((j) => genes[j]) },
		...dropped > 0 && { position },
		notes: dropped === 0 ? notes : [`features of other types (${others.join(", ")}) were left out: ${dropped} of ${ids.length}; '${wanted}' was read`, ...notes]
	};
}
/** Whether a list of names has one twice. */
function hasRepeats(names) {
	return new Set(names).size < names.length;
}
/**
* Refuses repeated barcodes.
*
* @throws FitError `DataError` naming the first one.
*/
function checkBarcodes(barcodes, path, remedy) {
	const seen = /* @__PURE__ */ new Set();
	for (let i = 0; i < barcodes.length; i++) {
		if (seen.has(barcodes[i])) {
			const before = barcodes.indexOf(barcodes[i]);
			throw new FitError("DataError", `barcode '${barcodes[i]}' is repeated (cells ${before + 1} and ${i + 1}) in ${path}`, {
				path,
				remedy
			});
		}
		seen.add(barcodes[i]);
	}
}
/** Rows of a `features.tsv` or `genes.tsv`: id, symbol, type; later columns are ignored. */
function parseFeatures(text, path) {
	const rows = lines(text).map((line) => line.split("	"));
	const width = rows.length === 0 ? 0 : rows[0].length;
	for (let i = 0; i < rows.length; i++) if (rows[i][0] === "" || rows[i].length < Math.min(width, 3)) throw new FitError("DataError", `line ${i + 1} of ${path} has ${rows[i].length} columns, the first has ${width}`, {
		path,
		line: i + 1,
		unreadable: true,
		remedy: "write the file again: an id, a symbol and a type a line, separated by tabs"
	});
	return {
		ids: rows.map((row) => row[0]),
		...width > 1 && { genes: rows.map((row) => row[1]) },
		...width > 2 && { types: rows.map((row) => row[2]) }
	};
}
/** Barcodes of a `barcodes.tsv`: the first column. */
function parseBarcodes(text) {
	return lines(text).map((line) => {
		const tab = line.indexOf("	");
		return tab < 0 ? line : line.slice(0, tab);
	});
}
/** Lines without their ends; the empty rest after the last line end is none. */
function lines(text) {
	const parts = text.split(/\r?\n/);
	while (parts.length > 0 && parts[parts.length - 1] === "") parts.pop();
	return parts;
}
//#endregion
//#region src/data/hdf5-storage/number-reader.ts
/** Bytes read at a time of a data set in one piece. */
const PIECE_BYTES = 1 << 20;
/** Reads a {@link StoredNumbers}, forwards for the best. */
var NumberReader = class {
	stored;
	source;
	held = new Float64Array(0);
	heldFrom = 0;
	heldRows = 0;
	waiting = /* @__PURE__ */ new Map();
	packed;
	unpacker;
	buffer = null;
	constructor(source, stored) {
		this.source = source;
		this.stored = stored;
		this.packed = new Scratch(source.ahead === 0);
		this.unpacker = new Unpacker(source.inflate, source.ahead === 0);
	}
	/**
	* Rows `from .. to`, row by row.
	*
	* @param into `'own'`: an array of the reader's, which the next call overwrites
	* @throws Error saying what is damaged
	*/
	async read(from, to, into = "fresh") {
		const { columns, kind } = this.stored;
		const result = this.room(kind, (to - from) * columns, into);
		for (let at = from; at < to;) {
			if (at < this.heldFrom || at >= this.heldFrom + this.heldRows) await this.hold(at);
			const stop = Math.min(to, this.heldFrom + this.heldRows);
			const part = this.held.subarray((at - this.heldFrom) * columns, (stop - this.heldFrom) * columns);
			result.set(part, (at - from) * columns);
			at = stop;
		}
		return result;
	}
	/** Rows that are unpacked together. */
	get rowsTogether() {
		const { grid, columns, width } = this.stored;
		return grid?.rows ?? Math.max(1, Math.floor(PIECE_BYTES / (columns * width)));
	}
	room(kind, length, into) {
		if (into === "fresh") return roomFor(kind, length);
		if (this.buffer === null || this.buffer.length < length) this.buffer = roomFor(kind, Math.ceil(1.25 * length));
		return this.buffer.subarray(0, length);
	}
	/** Unpacks the rows around `row` that stand in the same chunks. */
	async hold(row) {
		const { rows, columns, rank, kind, width: elementBytes, grid, address } = this.stored;
		const together = this.rowsTogether;
		const band = Math.floor(row / together);
		const count = Math.min(together, rows - band * together);
		if (grid === null) {
			const width = columns * elementBytes;
			const bytes = this.source.bytes.read(address + band * together * width, count * width, this.packed);
			this.held = numbersIn(bytes, kind);
		} else if (rank === 1 || grid.across === 1) this.held = numbersIn(await this.chunk(band), kind);
		else {
			const held = roomFor(kind, count * columns);
			for (let c = 0; c < grid.across; c++) {
				const chunk = numbersIn(await this.chunk(band * grid.across + c), kind);
				const first = c * grid.columns;
				const width = Math.min(grid.columns, columns - first);
				for (let r = 0; r < count; r++) held.set(chunk.subarray(r * grid.columns, r * grid.columns + width), r * columns + first);
			}
			this.held = held;
		}
		if (grid !== null && grid.across === 1 && grid.columns > columns) this.held = narrowed(this.held, grid.columns, columns);
		this.heldFrom = band * together;
		this.heldRows = count;
	}
	/** Bytes of a chunk; those that follow it are begun where they are unpacked elsewhere. */
	chunk(at) {
		const { waiting } = this;
		for (const known of waiting.keys()) if (known < at) waiting.delete(known);
		const last = Math.min(at + this.source.ahead, (this.stored.table?.sizes.length ?? 0) - 1);
		for (let k = at; k <= last; k++) {
			if (waiting.has(k)) continue;
			const bytes = this.unpacked(k);
			bytes.catch(() => void 0);
			waiting.set(k, bytes);
		}
		const bytes = waiting.get(at) ?? this.unpacked(at);
		waiting.delete(at);
		return bytes;
	}
	async unpacked(at) {
		const { table, grid, filters, width } = this.stored;
		if (table === null || grid === null) throw new Error("there are no chunks");
		const packed = this.source.bytes.read(table.addresses[at], table.sizes[at], this.packed);
		const task = {
			filters,
			mask: table.masks[at],
			length: grid.bytes,
			width
		};
		return this.unpacker.unpack(packed, task);
	}
};
/** Takes the columns of the data set from rows of a chunk that is wider. */
function narrowed(values, width, columns) {
	const rows = Math.floor(values.length / width);
	for (let r = 0; r < rows; r++) values.copyWithin(r * columns, r * width, r * width + columns);
	return values.subarray(0, rows * columns);
}
//#endregion
//#region src/data/matrix/hdf5-rows.ts
/** Reads the numbers of a data set row after row: from its chunks where they are simple, else through the HDF5 library. */
/** Elements of a slab, about. */
const SLAB_ELEMENTS = 1 << 20;
/** The library's memory ends at 2 GB and holds a slab beside the packed chunk. */
const SLAB_BYTES = 1 << 29;
/** A reader of a data set. */
async function openRows(tree, dataset) {
	const { chunks } = tree;
	const stored = await tree.stored(dataset);
	if (chunks === null || stored === null) return new SlabReader(tree, dataset);
	return chunkRows(chunks, stored, {
		path: tree.path,
		name: label(dataset)
	});
}
/** The same from what is known of its chunks; `name` is for messages. */
function chunkRows(chunks, stored, { path, name }) {
	const reader = new NumberReader(chunks, stored);
	return {
		rowsTogether: reader.rowsTogether,
		async read(from, to, into) {
			try {
				return await reader.read(from, to, into);
			} catch (cause) {
				const reason = cause instanceof Error ? cause.message : String(cause);
				const fields = {
					path,
					unreadable: true,
					remedy: cause instanceof InexactNumberError ? "store the column as text: a double would round it" : "the file is damaged: fetch or write it again",
					cause
				};
				throw new FitError("DataError", `'${name}' of ${path} cannot be read: ${reason}`, fields);
			}
		}
	};
}
/**
* Reads through the library in slabs that end where chunks end, so that each chunk is unpacked once however the requests are
* cut.
*/
var SlabReader = class {
	rowsTogether;
	tree;
	dataset;
	rows;
	columns;
	held = new Float64Array(0);
	heldFrom = 0;
	constructor(tree, dataset) {
		this.tree = tree;
		this.dataset = dataset;
		const { shape, chunks, size } = tree.guard(dataset.path, () => dataset.metadata);
		this.rows = shape?.[0] ?? 0;
		this.columns = shape?.[1] ?? 1;
		const chunk = Math.max(1, chunks?.[0] ?? 1);
		const slab = Math.ceil(SLAB_ELEMENTS / this.columns / chunk) * chunk;
		this.rowsTogether = Math.max(1, Math.min(slab, Math.floor(SLAB_BYTES / Math.max(1, size * this.columns))));
	}
	async read(from, to) {
		const { columns, rowsTogether } = this;
		let result;
		for (let at = from; at < to;) {
			const begin = Math.floor(at / rowsTogether) * rowsTogether;
			if (this.held.length === 0 || this.heldFrom !== begin) this.hold(begin);
			const stop = Math.min(to, begin + rowsTogether);
			result ??= sameKind(this.held, (to - from) * columns);
			result.set(this.held.subarray((at - begin) * columns, (stop - begin) * columns), (at - from) * columns);
			at = stop;
		}
		return result ?? new Float64Array(0);
	}
	hold(begin) {
		const { tree, dataset, columns } = this;
		const stop = Math.min(this.rows, begin + this.rowsTogether);
		this.held = tree.numbers(dataset, begin, stop);
		this.heldFrom = begin;
		if (this.held.length !== (stop - begin) * columns) throw tree.corrupt(`dataset '${label(dataset)}' of ${tree.path} is shorter than its shape`);
	}
};
function sameKind(like, length) {
	if (like instanceof Int32Array) return new Int32Array(length);
	return like instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);
}
//#endregion
//#region src/data/matrix/cell-blocks.ts
/** How long a pass may keep the thread before timers, signals and progress get their turn. */
const TURN_MILLISECONDS = 40;
/**
* Keeps a long pass polite: `turn()` between blocks refuses to go on once the signal is aborted and from time to time
* yields to the event loop.
*
* @throws FitError `AbortError`
*/
var Pace = class {
	signal;
	last = performance.now();
	constructor(signal) {
		this.signal = signal;
	}
	async turn() {
		if (performance.now() - this.last > TURN_MILLISECONDS) {
			await new Promise((resolve) => setTimeout(resolve, 0));
			this.last = performance.now();
		}
		if (this.signal?.aborted) throw new FitError("AbortError", "reading was cancelled", { cause: this.signal.reason });
	}
};
//#endregion
//#region src/data/matrix/hdf5-sparse.ts
/**
* Compares the lengths of the three datasets with the shape.
*
* @returns the number of stored entries.
* @throws FitError `DataError`, `unreadable`, naming the dataset that disagrees.
*/
function checkSparse(tree, { group, majorCount }) {
	const data = tree.dataset(`${group}/data`);
	const indices = tree.dataset(`${group}/indices`);
	const indptr = tree.dataset(`${group}/indptr`);
	for (const dataset of [indices, indptr]) if (dataset.metadata.type !== TYPE_CLASS.integer) throw tree.corrupt(`dataset '${dataset.path.slice(1)}' of ${tree.path} does not hold whole numbers`);
	const entries = tree.length(data);
	const pointers = tree.length(indptr);
	if (tree.length(indices) !== entries) throw tree.corrupt(`'${group}/indices' of ${tree.path} has ${tree.length(indices)} elements, '${group}/data' has ${entries}`);
	if (pointers !== majorCount + 1) throw tree.corrupt(`'${group}/indptr' of ${tree.path} has ${pointers} elements; the shape asks for ${majorCount + 1}`);
	const last = tree.numbers(indptr, pointers - 1, pointers)[0];
	if (last !== entries) throw tree.corrupt(`'${group}/indptr' of ${tree.path} ends at ${last}, but '${group}/data' has ${entries} elements`);
	return entries;
}
/**
* One pass over the matrix, or a share of its runs, in blocks of whole runs; a run longer than `maxEntries` stands alone.
* Stored zeros and dropped features are left out.
*
* @throws FitError `DataError`: `unreadable` for indices out of range or repeated; without it for values that are not finite.
*/
async function* sparseBlocks(layout, options = {}) {
	const { majorCount } = layout;
	const maxEntries = Math.max(1, options.maxEntries ?? 1048576);
	const into = options.reuse === true ? "own" : "fresh";
	const pace = new Pace(options.signal);
	const pointers = await (await layout.open("indptr")).read(0, majorCount + 1);
	checkPointers(layout, pointers);
	const data = await layout.open("data");
	const indices = await layout.open("indices");
	const check = new RunCheck(layout, options.missing === true);
	const { part, of } = options.share ?? {
		part: 0,
		of: 1
	};
	const end = runsBefore(pointers, (part + 1) / of);
	for (let first = runsBefore(pointers, part / of); first < end;) {
		await pace.turn();
		let stop = first + 1;
		while (stop < end && pointers[stop + 1] - pointers[first] <= maxEntries) stop++;
		const [from, to] = [pointers[first], pointers[stop]];
		if (to > from) {
			const runs = {
				first,
				pointers: pointers.subarray(first, stop + 1)
			};
			yield check.block(runs, await indices.read(from, to, into), await data.read(from, to, into));
		}
		first = stop;
	}
}
/** Runs that begin before a share of the entries: shares are cut by entries, at the ends of runs. */
function runsBefore(pointers, share) {
	const runs = pointers.length - 1;
	if (share >= 1) return runs;
	const entry = Math.floor(pointers[runs] * share);
	let [low, high] = [0, runs];
	while (low < high) {
		const middle = low + high >> 1;
		if (pointers[middle] < entry) low = middle + 1;
		else high = middle;
	}
	return low;
}
function checkPointers(layout, pointers) {
	for (let k = 0; k < pointers.length; k++) {
		const before = k === 0 ? 0 : pointers[k - 1];
		if (k === 0 ? pointers[0] !== 0 : pointers[k] < before) throw layout.file.corrupt(`'${layout.group}/indptr' of ${layout.file.path} is not increasing from 0 (element ${k})`);
	}
}
/** Checks the entries of runs, and leaves out zeros and dropped features. */
var RunCheck = class {
	layout;
	missing;
	/** Last major index with an entry at each minor index, to find repeats in runs that are not sorted. */
	last = null;
	constructor(layout, missing) {
		this.layout = layout;
		this.missing = missing;
	}
	/** The entries of some runs as a block; overwrites `values`, and `indices` where it can. */
	block(runs, indices, values) {
		const { layout } = this;
		const count = runs.pointers.length - 1;
		const cuts = new Int32Array(count + 1);
		for (let k = 0; k <= count; k++) cuts[k] = runs.pointers[k] - runs.pointers[0];
		let zeros = 0;
		for (let k = 0; k < count; k++) zeros += this.run(runs, k, indices, values, cuts);
		const majors = new Int32Array(count);
		for (let k = 0; k < count; k++) majors[k] = runs.first + k;
		const whole = {
			major: layout.major,
			majors,
			pointers: cuts,
			whole: true
		};
		const kept = indices instanceof Int32Array ? indices : Int32Array.from(indices);
		if (zeros === 0 && layout.position === void 0) return {
			...whole,
			indices: kept,
			values
		};
		const left = compress$1(cuts, kept, values, layout.position);
		return {
			...whole,
			indices: kept.subarray(0, left),
			values: values.subarray(0, left)
		};
	}
	/** Zeros in a run. */
	run(runs, k, indices, values, cuts) {
		const [from, to] = [cuts[k], cuts[k + 1]];
		if (!(isIncreasing(indices, from, to, this.layout.minorCount) && areFinite(values, from, to))) this.entries(runs, k, indices, values);
		let zeros = 0;
		for (let e = from; e < to; e++) if (values[e] === 0) zeros++;
		return zeros;
	}
	/** Looks at every entry of a run by itself. */
	entries({ first, pointers }, k, indices, values) {
		const { layout } = this;
		const { minorCount } = layout;
		this.last ??= new Int32Array(minorCount).fill(-1);
		const { last } = this;
		const base = pointers[0];
		const major = first + k;
		for (let at = pointers[k]; at < pointers[k + 1]; at++) {
			const minor = indices[at - base];
			const value = values[at - base];
			if (!(minor >= 0 && minor < minorCount)) throw outOfRange(layout, at, minor);
			if (last[minor] === major) throw repeated(layout, major, minor);
			last[minor] = major;
			if (value - value !== 0 && !(this.missing && Number.isNaN(value))) throw notFinite$1(layout, major, minor, value);
		}
	}
};
/** Increasing indices lie between the first and the last and never repeat: one comparison each. */
function isIncreasing(indices, from, to, count) {
	let previous = -1;
	for (let e = from; e < to; e++) {
		const index = indices[e];
		if (!(index > previous)) return false;
		previous = index;
	}
	return previous < count;
}
function areFinite(values, from, to) {
	if (values instanceof Int32Array) return true;
	let sum = 0;
	for (let e = from; e < to; e++) sum += values[e] - values[e];
	return sum === 0;
}
/** Moves the entries that stay to the front, run by run; returns how many they are. */
function compress$1(cuts, indices, values, position) {
	let count = 0;
	let e = 0;
	for (let k = 1; k < cuts.length; k++) {
		for (const stop = cuts[k]; e < stop; e++) {
			const value = values[e];
			const index = position === void 0 ? indices[e] : position[indices[e]];
			if (index < 0 || value === 0) continue;
			indices[count] = index;
			values[count++] = value;
		}
		cuts[k] = count;
	}
	return count;
}
function outOfRange({ file, group, minorCount }, entry, minor) {
	return file.corrupt(`'${group}/indices' of ${file.path} has ${minor} at element ${entry}, outside 0 to ${minorCount - 1}`);
}
function repeated({ file, group, describe }, major, minor) {
	return new FitError("DataError", `'${group}' of ${file.path} has two entries for ${describe(major, minor)}`, {
		path: file.path,
		remedy: "in Python, sum them: adata.X.sum_duplicates(), and save the file again"
	});
}
/** A value that no model can take, named by cell and feature. */
function notFinite$1({ file, group, describe }, major, minor, value) {
	return new FitError("DataError", `'${group}' of ${file.path} has the value ${value} for ${describe(major, minor)}`, {
		path: file.path,
		remedy: "values must be finite: mend them where the matrix was made, or read another layer",
		...Number.isNaN(value) ? { missing: true } : {}
	});
}
//#endregion
//#region src/data/matrix/hdf5-dense.ts
/**
* One pass over a dense matrix by rows, or a share of them, zeros left out.
*
* @throws FitError `DataError` for values that are not finite, `unreadable` for a dataset that is.
*/
async function* denseBlocks(layout, options = {}) {
	const { rows, columns } = layout;
	if (columns === 0) return;
	const pace = new Pace(options.signal);
	const reader = await layout.open();
	const maxEntries = Math.max(columns, options.maxEntries ?? 1048576);
	const rowsPerBlock = Math.floor(maxEntries / columns);
	const { part, of } = options.share ?? {
		part: 0,
		of: 1
	};
	const bands = Math.ceil(rows / reader.rowsTogether);
	const edge = (k) => Math.min(rows, Math.floor(bands * k / of) * reader.rowsTogether);
	for (let first = edge(part), end = edge(part + 1); first < end; first += rowsPerBlock) {
		await pace.turn();
		const stop = Math.min(end, first + rowsPerBlock);
		const block = compress(layout, first, await reader.read(first, stop, "own"), options.missing === true);
		if (block.values.length > 0) yield block;
	}
}
/** The entries of some rows; `values` is left as it is. */
function compress(layout, first, values, missing) {
	const { columns } = layout;
	const runs = values.length / columns;
	const majors = new Int32Array(runs);
	const pointers = new Int32Array(runs + 1);
	const indices = new Int32Array(values.length);
	const kept = values.slice();
	let count = 0;
	for (let k = 0; k < runs; k++) {
		majors[k] = first + k;
		for (let j = 0, from = k * columns; j < columns; j++) {
			const value = values[from + j];
			if (value === 0) continue;
			if (value - value !== 0 && !(missing && Number.isNaN(value))) throw notFinite(layout, first + k, j, value);
			indices[count] = j;
			kept[count++] = value;
		}
		pointers[k + 1] = count;
	}
	return {
		major: "row",
		majors,
		pointers,
		indices: indices.slice(0, count),
		values: kept.slice(0, count),
		whole: true
	};
}
function notFinite({ path, dataset, describe }, row, column, value) {
	return new FitError("DataError", `'${dataset}' of ${path} has the value ${value} for ${describe(row, column)}`, {
		path,
		remedy: "values must be finite: mend them where the matrix was made, or read another layer",
		...Number.isNaN(value) ? { missing: true } : {}
	});
}
//#endregion
//#region src/data/matrix/stored-matrix.ts
/** A sparse matrix; null where only the library can read a part of it. */
async function storedSparse(tree, layout) {
	const { group, major, majorCount, minorCount, position } = layout;
	const find = (part) => tree.stored(tree.dataset(`${group}/${part}`));
	const [data, indices, indptr] = [
		await find("data"),
		await find("indices"),
		await find("indptr")
	];
	if (data === null || indices === null || indptr === null) return null;
	const shape = {
		group,
		major,
		majorCount,
		minorCount,
		...position && { position }
	};
	return {
		kind: "sparse",
		path: tree.path,
		...shape,
		parts: {
			data,
			indices,
			indptr
		}
	};
}
/** A dense matrix; null where only the library can read it. */
async function storedDense(tree, dataset) {
	const values = await tree.stored(tree.dataset(dataset));
	return values && {
		kind: "dense",
		path: tree.path,
		dataset,
		values
	};
}
//#endregion
//#region src/data/matrix/matrix-market.ts
const NEWLINE = 10;
const RETURN = 13;
const TAB = 9;
const SPACE = 32;
const PERCENT = 37;
const MINUS = 45;
const DOT = 46;
const ZERO = 48;
/** Decimal digits that a double holds exactly; longer numbers go through `Number()`. */
const EXACT_DIGITS = 15;
/** Powers of ten up to 10^15 are doubles, so an exact mantissa divided by one is correctly rounded. */
const TEN = Float64Array.from({ length: EXACT_DIGITS + 1 }, (_, k) => Number(`1e${k}`));
/** A line longer than this is no entry; it keeps a binary file from being gathered in memory. */
const LONGEST_LINE = 1 << 20;
/** The shortest entry line is `1 1` and its end. */
const SHORTEST_ENTRY = 4;
/**
* Reads MatrixMarket coordinate text (`integer`, `real`, `pattern`; `general`) from chunks of bytes cut anywhere:
* `push` each chunk, then `end`. Comments, blank lines, CRLF and a missing last line end are fine. Indices become
* 0-based.
*
* @throws FitError `DataError` with the line: `unreadable` for text that is no MatrixMarket, indices out of range or a
* count of entries other than the header's; without it for values that are NaN or infinite.
*/
var MatrixMarketParser = class {
	path;
	header;
	/** Entries seen so far. */
	seen = 0;
	banner;
	rest = new Uint8Array(0);
	line = 0;
	count = 0;
	rowsOut = new Int32Array(0);
	columnsOut = new Int32Array(0);
	valuesOut = new Float64Array(0);
	constructor(path) {
		this.path = path;
	}
	/** Entries of the lines that end in this chunk. */
	push(chunk) {
		let bytes = chunk;
		if (this.rest.length > 0) {
			bytes = new Uint8Array(this.rest.length + chunk.length);
			bytes.set(this.rest);
			bytes.set(chunk, this.rest.length);
		}
		const end = bytes.lastIndexOf(NEWLINE) + 1;
		if (bytes.length - end > LONGEST_LINE) throw this.corrupt("is longer than a line of MatrixMarket can be", 1);
		this.rest = bytes.slice(end);
		return this.parse(bytes, end);
	}
	/** Entries of a last line without end; checks the count against the header. */
	end() {
		const tail = this.rest;
		this.rest = new Uint8Array(0);
		let batch;
		const before = this.line;
		try {
			const bytes = new Uint8Array(tail.length + (tail.length > 0 ? 1 : 0));
			bytes.set(tail);
			if (tail.length > 0) bytes[tail.length] = NEWLINE;
			batch = this.parse(bytes, bytes.length);
		} catch (error) {
			if (this.header && this.seen < this.header.entries) throw this.truncated(before + 1, this.header.entries, error);
			throw error;
		}
		if (this.header === void 0) throw this.corrupt(this.line === 0 ? "is missing: the file is empty" : "ends before the size line", 1);
		if (this.seen < this.header.entries) throw this.truncated(this.line, this.header.entries);
		return batch;
	}
	parse(bytes, end) {
		const capacity = Math.ceil(end / SHORTEST_ENTRY) + 1;
		if (this.rowsOut.length < capacity) {
			this.rowsOut = new Int32Array(capacity);
			this.columnsOut = new Int32Array(capacity);
			this.valuesOut = new Float64Array(capacity);
		}
		this.count = 0;
		let from = 0;
		while (this.header === void 0 && from < end) {
			const stop = bytes.indexOf(NEWLINE, from);
			this.line++;
			this.headerLine(text(bytes, from, stop));
			from = stop + 1;
		}
		if (this.header !== void 0) this.entries(bytes, from, end, this.header);
		return {
			count: this.count,
			rows: this.rowsOut,
			columns: this.columnsOut,
			values: this.valuesOut
		};
	}
	/** The loop over complete lines; whatever is not `digits blank digits blank number` goes to {@link oddLine}. */
	entries(bytes, from, end, header) {
		const { rows, columns } = header;
		const pattern = header.field === "pattern";
		const rowsOut = this.rowsOut;
		const columnsOut = this.columnsOut;
		const valuesOut = this.valuesOut;
		const room = header.entries - this.seen;
		let count = 0;
		let line = this.line;
		let i = from;
		while (i < end) {
			const start = i;
			line++;
			let row = 0;
			let byte = bytes[i];
			while (byte >= ZERO && byte <= 57) {
				row = row * 10 + (byte - ZERO);
				byte = bytes[++i];
			}
			let regular = byte === SPACE || byte === TAB;
			while (byte === SPACE || byte === TAB) byte = bytes[++i];
			let column = 0;
			while (byte >= ZERO && byte <= 57) {
				column = column * 10 + (byte - ZERO);
				byte = bytes[++i];
			}
			let value = 1;
			if (!pattern) {
				regular &&= byte === SPACE || byte === TAB;
				while (byte === SPACE || byte === TAB) byte = bytes[++i];
				const negative = byte === MINUS;
				if (negative) byte = bytes[++i];
				const first = i;
				let digits = 0;
				let scale = 0;
				value = 0;
				while (byte >= ZERO && byte <= 57) {
					value = value * 10 + (byte - ZERO);
					digits++;
					byte = bytes[++i];
				}
				if (byte === DOT) {
					byte = bytes[++i];
					while (byte >= ZERO && byte <= 57) {
						value = value * 10 + (byte - ZERO);
						digits++;
						scale++;
						byte = bytes[++i];
					}
				}
				regular &&= digits > 0;
				if (digits > EXACT_DIGITS || byte === 101 || byte === 69) {
					while (byte > SPACE) byte = bytes[++i];
					value = Number(text(bytes, first, i));
				} else if (scale > 0) value /= TEN[scale];
				if (negative) value = -value;
			}
			while (byte === SPACE || byte === TAB) byte = bytes[++i];
			if (byte === RETURN) byte = bytes[++i];
			if (!regular || byte !== NEWLINE || !(value - value === 0) || row < 1 || row > rows || column < 1 || column > columns) {
				this.line = line;
				i = bytes.indexOf(NEWLINE, start);
				const odd = this.oddLine(text(bytes, start, i), header);
				i++;
				if (odd === void 0) continue;
				[row, column, value] = odd;
			} else i++;
			if (count >= room) {
				this.line = line;
				throw this.corrupt(`is entry ${header.entries + 1}, but the header announces ${header.entries}`, line);
			}
			rowsOut[count] = row - 1;
			columnsOut[count] = column - 1;
			valuesOut[count++] = value;
		}
		this.count = count;
		this.seen += count;
		this.line = line;
	}
	/** A line that the fast loop did not take: nothing (comment, blank), an unusual entry, or a mistake. */
	oddLine(content, header) {
		const fields = content.trim().split(/[ \t]+/);
		if (fields[0] === "" || fields[0].startsWith("%")) return void 0;
		const width = header.field === "pattern" ? 2 : 3;
		if (fields.length !== width) throw this.corrupt(`has ${fields.length} fields instead of ${width}`);
		const [row, column] = [this.index(fields[0], "row", header.rows), this.index(fields[1], "column", header.columns)];
		if (width === 2) return [
			row,
			column,
			1
		];
		if (/^[+-]?(nan?|inf(inity)?)$/i.test(fields[2])) throw new FitError("DataError", `line ${this.line} of ${this.path} has the value '${fields[2]}'`, {
			path: this.path,
			line: this.line,
			remedy: "values must be finite: leave missing entries out or mend them where the matrix was made"
		});
		const value = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(fields[2]) ? Number(fields[2]) : NaN;
		if (!Number.isFinite(value)) throw this.corrupt(`has '${fields[2]}' where a number should be`);
		return [
			row,
			column,
			value
		];
	}
	index(field, what, limit) {
		const index = /^\d+$/.test(field) ? Number(field) : NaN;
		if (Number.isNaN(index)) throw this.corrupt(`has '${field}' where a ${what} number should be`);
		if (index < 1 || index > limit) throw this.corrupt(`has ${what} ${field}, outside 1 to ${limit}`);
		return index;
	}
	headerLine(content) {
		if (this.banner === void 0) {
			this.banner = this.parseBanner(content);
			return;
		}
		const line = content.trim();
		if (line === "" || line.charCodeAt(0) === PERCENT) return;
		const fields = line.split(/[ \t]+/);
		const [rows, columns, entries] = fields.map(Number);
		if (fields.length !== 3 || ![
			rows,
			columns,
			entries
		].every((n) => Number.isSafeInteger(n) && n >= 0)) throw this.corrupt("should be the size line: rows, columns, entries");
		if (Math.max(rows, columns) > 2147483647 || entries > rows * columns) throw this.corrupt(`announces ${entries} entries in ${rows} x ${columns}`);
		this.header = {
			field: this.banner,
			rows,
			columns,
			entries
		};
	}
	parseBanner(content) {
		const words = content.trim().toLowerCase().split(/\s+/);
		if (words[0] !== "%%matrixmarket" || words[1] !== "matrix") throw this.corrupt("should begin with '%%MatrixMarket matrix coordinate'");
		const [format, field, symmetry] = [
			words[2],
			words[3] === "double" ? "real" : words[3],
			words[4] ?? "general"
		];
		if (format !== "coordinate" || symmetry !== "general" || !isField(field)) throw new FitError("DataError", `${this.path} is MatrixMarket '${words.slice(2).join(" ")}', which is not read`, {
			path: this.path,
			line: 1,
			remedy: "write it as 'matrix coordinate integer general' or 'matrix coordinate real general'"
		});
		return field;
	}
	truncated(line, entries, cause) {
		return new FitError("DataError", `${this.path} is truncated: it ends at line ${line} after ${this.seen} of the ${entries} entries that its header announces`, {
			path: this.path,
			line,
			unreadable: true,
			remedy: "fetch or write the file again",
			cause
		});
	}
	corrupt(what, line = this.line) {
		return new FitError("DataError", `line ${line} of ${this.path} ${what}`, {
			path: this.path,
			line,
			unreadable: true,
			remedy: "the file must be MatrixMarket coordinate text, genes x cells, as CellRanger writes it; write it again"
		});
	}
};
function isField(word) {
	return word === "integer" || word === "real" || word === "pattern";
}
/** Latin-1 text of bytes; for numbers it beats a TextDecoder, whose calls are dear. */
function text(bytes, from, to) {
	let result = "";
	const stop = Math.min(to, from + LONGEST_LINE);
	for (let i = from; i < stop; i++) result += String.fromCharCode(bytes[i]);
	return result;
}
//#endregion
//#region src/data/matrix/tenx.ts
/**
* A genes x cells MatrixMarket matrix with its features and barcodes as a source of cells x genes. Blocks hold cells
* (`major: 'row'`), whole as long as the file is ordered by cell; cells without entries are left out of them. Of several
* feature types `Gene Expression` is read unless `featureType` says otherwise.
*
* @throws FitError `DataError` for repeated barcodes, and (`unreadable`) for files that do not fit together.
*/
async function tenxSource(files, options = {}) {
	const { path, barcodes, features, matrixPath } = files;
	checkBarcodes(barcodes, files.barcodesPath, "make the barcodes unique, for example by a suffix per sample");
	const selection = selectFeatures(features, files.featuresPath, options.featureType);
	const turned = files.cellsByGenes === true;
	const found = await readHeader(files);
	const header = turned ? {
		...found,
		rows: found.columns,
		columns: found.rows
	} : found;
	if (header.rows !== features.ids.length || header.columns !== barcodes.length) {
		const transposed = header.rows === barcodes.length && header.columns === features.ids.length;
		throw new FitError("DataError", `${matrixPath} is ${header.rows} x ${header.columns}, but there are ${features.ids.length} features and ${barcodes.length} barcodes`, {
			path: matrixPath,
			unreadable: true,
			remedy: transposed ? "the matrix is cells x genes: transpose it, a 10x matrix is genes x cells" : "take matrix, features and barcodes from one and the same run; one of them may be cut off"
		});
	}
	let ordered = !turned;
	async function* blocks(pass = {}) {
		const runOptions = {
			path: matrixPath,
			features: header.rows,
			cells: header.columns,
			...selection.position && { position: selection.position },
			maxEntries: Math.max(1, pass.maxEntries ?? 1048576),
			nameOfFeature: (feature) => features.ids[feature],
			nameOfCell: (cell) => barcodes[cell]
		};
		const runs = ordered ? new OrderedRuns(runOptions) : new UnorderedRuns(runOptions);
		const parser = new MatrixMarketParser(matrixPath);
		const oriented = (batch) => turned ? {
			...batch,
			rows: batch.columns,
			columns: batch.rows
		} : batch;
		const pace = new Pace(pass.signal);
		try {
			for await (const chunk of files.matrix()) {
				await pace.turn();
				for (const block of runs.push(oriented(parser.push(chunk)))) yield block;
			}
			for (const block of runs.push(oriented(parser.end()))) yield block;
			for (const block of runs.end()) yield block;
		} catch (error) {
			if (error instanceof UnorderedMatrixError) ordered = false;
			throw error;
		}
	}
	return {
		kind: "matrix",
		path,
		rows: barcodes.length,
		names: selection.names,
		...selection.genes && { genes: selection.genes },
		entries: header.entries,
		get ordered() {
			return ordered;
		},
		notes: selection.notes,
		rowNames: async () => barcodes,
		obsColumns: [],
		readObs: async (columns = []) => noObs(path, barcodes, columns),
		blocks,
		close: async () => {}
	};
}
/** The annotation of a source that has none: its barcodes. Asking it for a column is a mistake. */
function noObs(path, barcodes, columns) {
	if (columns.length > 0) throw new FitError("DataError", `${path} has no annotation of its cells, so no column '${columns[0]}'`, {
		path,
		remedy: "give a table of the cells with “obs”, its first column the barcode"
	});
	return {
		rows: barcodes.length,
		columns: /* @__PURE__ */ new Map(),
		rowNames: barcodes,
		path
	};
}
/** Reads no more of the matrix than its header. */
async function readHeader(files) {
	const parser = new MatrixMarketParser(files.matrixPath);
	for await (const chunk of files.matrix()) for (let from = 0; from < chunk.length; from += HEADER_PIECE) {
		parser.push(chunk.subarray(from, from + HEADER_PIECE));
		if (parser.header) return parser.header;
	}
	parser.end();
	if (parser.header) return parser.header;
	throw new FitError("DataError", `${files.matrixPath} has no size line`, {
		path: files.matrixPath,
		unreadable: true
	});
}
const HEADER_PIECE = 512;
//#endregion
//#region src/data/matrix/cellranger-h5.ts
/**
* Name of the group that holds a CellRanger matrix: `matrix` (version 3 and later) or the genome (version 2).
*
* @throws FitError OptionError for a genome that is not there, DataError where several are and none is named
*/
function cellRangerGroup(tree, genome) {
	const groups = tree.keys(tree.root).filter((name) => tree.find(`${name}/barcodes`) && tree.find(`${name}/indptr`));
	if (groups.length === 0) return void 0;
	if (genome !== void 0) {
		if (groups.includes(genome)) return genome;
		throw new FitError("OptionError", `${tree.path} has no matrix of the genome '${genome}'`, {
			path: tree.path,
			option: "genome",
			remedy: `it has: ${groups.join(", ")}`
		});
	}
	if (groups.length === 1) return groups[0];
	throw new FitError("DataError", `${tree.path} holds matrices of several genomes (${groups.join(", ")})`, {
		path: tree.path,
		option: "genome",
		remedy: `name one: ${groups.map((group) => `“genome: ${group}”`).join(" or ")}`
	});
}
/**
* An open CellRanger matrix as a source of whole blocks of cells. Of several feature types `Gene Expression` is read unless
* `featureType` says otherwise. `close` closes the file.
*
* @throws FitError `DataError`: `unreadable` for a file without a matrix or one that contradicts itself; without it for
*   repeated barcodes.
*/
function cellRangerSource(tree, options = {}, close = () => {}) {
	const group = cellRangerGroup(tree, options.genome);
	if (group === void 0) throw tree.corrupt(`${tree.path} has no CellRanger matrix`);
	const features = readFeatures(tree, group);
	const barcodes = tree.strings(tree.dataset(`${group}/barcodes`));
	checkBarcodes(barcodes, tree.path, "make the barcodes unique, for example by a suffix per sample");
	const selection = selectFeatures(features, tree.path, options.featureType);
	const shape = tree.numbers(tree.dataset(`${group}/shape`), 0, 2);
	if (shape[0] !== features.ids.length || shape[1] !== barcodes.length) throw tree.corrupt(`'${group}/shape' of ${tree.path} is ${shape.join(" x ")}, but there are ${features.ids.length} features and ${barcodes.length} barcodes`);
	const layout = {
		file: tree,
		group,
		major: "row",
		majorCount: barcodes.length,
		minorCount: features.ids.length,
		...selection.position && { position: selection.position },
		describe: (cell, feature) => `cell '${barcodes[cell]}', feature '${features.ids[feature]}'`,
		open: (part) => openRows(tree, tree.dataset(`${group}/${part}`))
	};
	const entries = checkSparse(tree, layout);
	return {
		kind: "matrix",
		path: tree.path,
		rows: barcodes.length,
		names: selection.names,
		...selection.genes && { genes: selection.genes },
		entries,
		ordered: true,
		divisible: true,
		notes: selection.notes,
		rowNames: async () => barcodes,
		obsColumns: [],
		readObs: async (columns = []) => noObs(tree.path, barcodes, columns),
		blocks: (pass) => sparseBlocks(layout, pass),
		stored: () => storedSparse(tree, layout),
		close: async () => close()
	};
}
function readFeatures(tree, group) {
	const later = tree.find(`${group}/features`);
	const [ids, genes, types] = later !== void 0 && isGroup(later) ? [
		`${group}/features/id`,
		`${group}/features/name`,
		`${group}/features/feature_type`
	] : [
		`${group}/genes`,
		`${group}/gene_names`,
		void 0
	];
	const optional = (name) => name === void 0 || tree.find(name) === void 0 ? void 0 : tree.strings(tree.dataset(name));
	const [symbols, kinds] = [optional(genes), optional(types)];
	const names = tree.strings(tree.dataset(ids));
	for (const column of [symbols, kinds]) if (column !== void 0 && column.length !== names.length) throw tree.corrupt(`the columns of the features of ${tree.path} differ in length`);
	return {
		ids: names,
		...symbols && { genes: symbols },
		...kinds && { types: kinds }
	};
}
//#endregion
//#region src/data/matrix/hdf5-frame.ts
/** Texts that count as missing, as in the tables that are read from text. */
const MISSING = new Set([
	"",
	"NA",
	"NaN",
	"nan"
]);
/**
* Finds a frame without reading its columns.
*
* @throws FitError `DataError`, `unreadable`, when there is none, or only one of the first versions of anndata.
*/
function openFrame(tree, name) {
	const group = tree.find(name);
	if (group === void 0) throw tree.corrupt(`${tree.path} has no '${name}', so it is no AnnData file`);
	if (!isGroup(group)) throw tree.corrupt(`'${name}' of ${tree.path} is a compound dataset, as anndata before 0.7 wrote it`, "open it in Python with a current anndata and save it again: anndata.read_h5ad(path).write_h5ad(path)");
	const keys = tree.keys(group);
	const index = tree.text(group, "_index") ?? ["_index", "index"].find((key) => keys.includes(key));
	if (index === void 0) throw tree.corrupt(`'${name}' of ${tree.path} does not say which column holds its names`);
	const order = tree.attribute(group, "column-order");
	const listed = Array.isArray(order) ? order.map(String) : order === void 0 ? keys : [String(order)];
	return {
		name,
		group,
		rows: tree.length(textDataset(tree, `${name}/${index}`)),
		index,
		columns: listed.filter((key) => key !== index && key !== "__categories" && keys.includes(key))
	};
}
/** The row names. */
function frameNames(tree, frame) {
	return texts(tree, `${frame.name}/${frame.index}`).map((text) => text ?? "");
}
/** The strings of a data set, or those of a nullable string array, which is a group of `values` and their `mask`. */
function textDataset(tree, name) {
	const entity = tree.find(name);
	if (entity === void 0 || !isGroup(entity)) return tree.dataset(name);
	const encoding = tree.text(entity, "encoding-type");
	if (encoding === "nullable-string-array") return tree.dataset(`${name}/values`);
	throw tree.corrupt(`'${name}' of ${tree.path} has the encoding '${encoding ?? "none"}', not one of texts`);
}
/** The same as texts, null where masked. */
function texts(tree, name) {
	const values = textDataset(tree, name);
	const strings = tree.strings(values);
	const mask = label(values) === name ? void 0 : tree.find(`${name}/mask`);
	if (mask === void 0 || isGroup(mask)) return strings;
	checkLength(tree, mask, strings.length);
	tree.numbers(tree.dataset(`${name}/mask`), 0, strings.length).forEach((missing, i) => {
		if (missing !== 0) strings[i] = null;
	});
	return strings;
}
/**
* True when two row names may be the same: their 53-bit hashes are. Holds eight bytes a row instead of the names, which
* for a million cells are a tenth of a gigabyte.
*/
function mayRepeatNames(tree, frame) {
	const hashes = new Float64Array(frame.rows);
	tree.visitStrings(textDataset(tree, `${frame.name}/${frame.index}`), (text, row) => {
		let a = 2166136261;
		let b = 461845907;
		for (let i = 0; i < text.length; i++) {
			const code = text.charCodeAt(i);
			a = Math.imul(a ^ code, 16777619);
			b = Math.imul(b ^ code, 2246822507);
		}
		hashes[row] = (a >>> 0) * 2097152 + (b >>> 11);
	});
	hashes.sort();
	for (let row = 1; row < hashes.length; row++) if (hashes[row] === hashes[row - 1]) return true;
	return false;
}
/**
* Reads columns of a frame; without a list all those of a kind that fits a table. Text becomes a factor with levels
* sorted by code point, categories keep their order and their unused levels, booleans become logical. The texts that
* mean missing in tables (`''`, `NA`, `NaN`, `nan`) mean it here too, as values and as categories.
*
* @throws FitError `DataError` for a column that is not there, or that was asked for and fits no table.
*/
function readFrame(tree, frame, rowNames, wanted) {
	const columns = /* @__PURE__ */ new Map();
	for (const name of wanted ?? frame.columns) {
		if (!frame.columns.includes(name)) {
			const near = nearestName(name, frame.columns);
			throw new FitError("DataError", `no column '${name}' in '${frame.name}' of ${tree.path}`, {
				path: tree.path,
				remedy: near === void 0 ? `it has: ${frame.columns.join(", ")}` : `did you mean '${near}'?`
			});
		}
		const column = readColumn(tree, frame, name);
		if (column !== void 0) columns.set(name, column);
		else if (wanted !== void 0) throw new FitError("DataError", `column '${name}' of '${frame.name}' in ${tree.path} has a type that no table holds`, {
			path: tree.path,
			remedy: "in Python, turn it into numbers, text or a categorical and save the file again"
		});
	}
	return {
		rows: frame.rows,
		columns,
		...rowNames && { rowNames },
		path: tree.path
	};
}
/** One text per row, '' where missing; undefined when the column holds no text. */
function frameTexts(tree, frame, name) {
	const column = readColumn(tree, frame, name);
	if (column?.kind !== "factor") return void 0;
	return Array.from(column.codes, (code) => code < 0 ? "" : column.levels[code]);
}
function readColumn(tree, frame, name) {
	const path = `${frame.name}/${name}`;
	const entity = tree.find(path);
	if (entity === void 0) return void 0;
	if (isGroup(entity)) return readGroupColumn(tree, frame, path, entity);
	const dataset = tree.dataset(path);
	const legacy = tree.find(`${frame.name}/__categories/${name}`);
	if (legacy !== void 0 && !isGroup(legacy)) return categorical(tree, dataset, label(legacy), tree.attribute(legacy, "ordered") === 1, frame.rows);
	const { type, shape } = tree.guard(path, () => dataset.metadata);
	if (shape?.length !== 1) return void 0;
	checkLength(tree, dataset, frame.rows);
	if (type === TYPE_CLASS.string) return factor(tree.strings(dataset));
	if (type === TYPE_CLASS.enumeration) return isBoolean(dataset) ? {
		kind: "logical",
		values: doubles(tree.numbers(dataset, 0, frame.rows))
	} : void 0;
	if (type !== TYPE_CLASS.integer && type !== TYPE_CLASS.float) return void 0;
	return {
		kind: "numeric",
		values: doubles(tree.numbers(dataset, 0, frame.rows))
	};
}
/** Categoricals, and the nullable types: `values` with a `mask` that is true where a value is missing. */
function readGroupColumn(tree, frame, path, group) {
	const encoding = tree.text(group, "encoding-type");
	if (encoding === "categorical") {
		const ordered = tree.attribute(group, "ordered") === 1;
		return categorical(tree, tree.dataset(`${path}/codes`), `${path}/categories`, ordered, frame.rows);
	}
	if (encoding === void 0 || !/^nullable-(integer|boolean|string-array|float)$/.test(encoding)) return void 0;
	const values = tree.dataset(`${path}/values`);
	const mask = tree.dataset(`${path}/mask`);
	checkLength(tree, values, frame.rows);
	checkLength(tree, mask, frame.rows);
	const missing = tree.numbers(mask, 0, frame.rows);
	if (encoding === "nullable-string-array") return factor(tree.strings(values).map((text, i) => missing[i] === 0 ? text : ""));
	const numbers = doubles(tree.numbers(values, 0, frame.rows));
	for (let i = 0; i < numbers.length; i++) if (missing[i] !== 0) numbers[i] = NaN;
	return {
		kind: encoding === "nullable-boolean" ? "logical" : "numeric",
		values: numbers
	};
}
/** @throws FitError DataError, `unreadable`, for codes that are no whole numbers or name no category, and for a category twice */
function categorical(tree, codes, categories, ordered, rows) {
	checkLength(tree, codes, rows);
	const names = categoryNames(tree, categories);
	const levels = [];
	const position = names.map((name) => name === null || MISSING.has(name) ? -1 : levels.push(name) - 1);
	if (new Set(levels).size < levels.length) {
		const twice = levels.find((level, k) => levels.indexOf(level) < k);
		throw tree.corrupt(`'${categories}' of ${tree.path} has the category '${twice}' twice`);
	}
	const values = tree.numbers(codes, 0, rows);
	const result = new Int32Array(rows);
	for (let i = 0; i < rows; i++) {
		const code = values[i];
		if (!(code >= -1 && code < names.length && Number.isInteger(code))) throw tree.corrupt(`'${label(codes)}' of ${tree.path} has code ${code} for ${names.length} categories (row ${i + 1})`);
		result[i] = code < 0 ? -1 : position[code];
	}
	return {
		kind: "factor",
		levels,
		codes: result,
		ordered
	};
}
/** Categories as texts: strings, booleans, or numbers. */
function categoryNames(tree, categories) {
	const entity = tree.find(categories);
	if (entity !== void 0 && !isGroup(entity) && isBoolean(entity)) {
		const values = tree.numbers(tree.dataset(categories), 0, tree.length(entity));
		return Array.from(values, (value) => value === 1 ? "TRUE" : "FALSE");
	}
	return texts(tree, categories);
}
function factor(texts) {
	const levels = [...new Set(texts)].filter((text) => !MISSING.has(text)).sort(compareCodePoints);
	const position = new Map(levels.map((level, k) => [level, k]));
	return {
		kind: "factor",
		levels,
		codes: Int32Array.from(texts, (text) => position.get(text) ?? -1),
		ordered: false
	};
}
function isBoolean(dataset) {
	const members = dataset.metadata.enum_type?.members;
	return members !== void 0 && members["FALSE"] === 0 && members["TRUE"] === 1;
}
function doubles(values) {
	return values instanceof Float64Array ? values : Float64Array.from(values);
}
function checkLength(tree, dataset, rows) {
	const length = tree.length(dataset);
	if (length !== rows) throw tree.corrupt(`'${label(dataset)}' of ${tree.path} has ${length} elements for ${rows} rows`);
}
//#endregion
//#region src/data/matrix/h5ad.ts
/** Columns of `var` that hold gene symbols, the first one found wins. */
const SYMBOL_COLUMNS = [
	"gene_symbols",
	"gene_name",
	"gene_names",
	"feature_name",
	"symbol"
];
/**
* An open AnnData file as a source: `X`, a layer, or `raw`; CSR and dense matrices give blocks of cells, CSC blocks of
* genes, always whole. `close` closes the file.
*
* @throws FitError `OptionError` for a layer that is not there; `DataError`, `unreadable`, for a file that is no AnnData or
*   contradicts itself.
*/
function h5adSource(tree, options = {}, close = () => {}) {
	const obs = openFrame(tree, "obs");
	const { matrix, frame } = locate(tree, options.layer);
	const features = openFrame(tree, frame);
	const entity = tree.find(matrix);
	if (entity === void 0) throw noMatrix(tree);
	const { names, note } = uniqueNames(frameNames(tree, features), "feature names");
	const genes = symbols(tree, features);
	const shape = matrixShape(tree, matrix);
	if (shape[0] !== obs.rows || shape[1] !== features.rows) throw tree.corrupt(`'${matrix}' of ${tree.path} is ${shape[0]} x ${shape[1]}, but 'obs' has ${obs.rows} rows and '${frame}' ${features.rows}`);
	const layout = isGroup(entity) ? sparseLayout(tree, matrix, shape, names) : void 0;
	const describe = (row, column) => `cell ${row + 1}, feature '${names[column]}'`;
	const entries = layout === void 0 ? void 0 : checkSparse(tree, layout);
	if (layout === void 0) checkDense(tree, matrix);
	const open = () => openRows(tree, tree.dataset(matrix));
	let barcodes;
	const rowNames = () => {
		if (barcodes === void 0) {
			const names = frameNames(tree, obs);
			checkBarcodes(names, tree.path, "in Python: adata.obs_names_make_unique(), and save the file again");
			barcodes = names;
		}
		return barcodes;
	};
	return {
		kind: "matrix",
		path: tree.path,
		rows: obs.rows,
		names,
		...genes && { genes },
		...entries !== void 0 && { entries },
		ordered: true,
		divisible: true,
		notes: note === null ? [] : [note],
		layers: layerNames(tree).concat(hasRaw(tree) ? ["raw"] : []),
		rowNames: async () => rowNames(),
		obsColumns: obs.columns,
		repeatedRowNames: async () => mayRepeatNames(tree, obs) && hasRepeats(frameNames(tree, obs)),
		readObs: async (columns, options) => readFrame(tree, obs, options?.rowNames === false ? void 0 : rowNames(), columns),
		blocks: (pass) => layout === void 0 ? denseBlocks({
			path: tree.path,
			dataset: matrix,
			rows: obs.rows,
			columns: features.rows,
			describe,
			open
		}, pass) : sparseBlocks(layout, pass),
		stored: () => layout === void 0 ? storedDense(tree, matrix) : storedSparse(tree, layout),
		close: async () => close()
	};
}
/** Names of the matrix and of the frame of its features. */
function locate(tree, layer) {
	if (layer === void 0) {
		if (tree.find("X") === void 0) throw noMatrix(tree);
		return {
			matrix: "X",
			frame: "var"
		};
	}
	if (layer === "raw") {
		if (tree.find("raw/X") !== void 0) return {
			matrix: "raw/X",
			frame: "raw/var"
		};
		if (tree.find("raw.X") !== void 0) return {
			matrix: "raw.X",
			frame: "raw.var"
		};
	}
	const layers = layerNames(tree);
	if (layers.includes(layer)) return {
		matrix: `layers/${layer}`,
		frame: "var"
	};
	const choices = tree.find("raw/X") === void 0 ? layers : [...layers, "raw"];
	const near = nearestName(layer, choices);
	throw new FitError("OptionError", `${tree.path} has no layer '${layer}'`, {
		path: tree.path,
		option: "layer",
		remedy: choices.length === 0 ? "it has no layers: leave the option out to read X" : near === void 0 ? `it has: ${choices.join(", ")}` : `did you mean '${near}'?`
	});
}
function layerNames(tree) {
	const layers = tree.find("layers");
	return layers !== void 0 && isGroup(layers) ? tree.keys(layers) : [];
}
/** True for a file with `adata.raw`; until anndata 0.7 the group was written flat. */
function hasRaw(tree) {
	return tree.find("raw/X") !== void 0 || tree.find("raw.X") !== void 0;
}
function noMatrix(tree) {
	const layers = layerNames(tree);
	if (tree.find("raw/X") !== void 0) layers.push("raw");
	return new FitError("DataError", `${tree.path} has no matrix X`, {
		path: tree.path,
		unreadable: layers.length === 0,
		remedy: layers.length === 0 ? "save it from Python with a matrix: adata.X must not be None" : `read one of its layers: ${layers.map((layer) => `“layer: ${layer}”`).join(" or ")}`
	});
}
/** Rows and columns, from the attribute of a sparse group or the dataset itself. */
function matrixShape(tree, matrix) {
	const entity = tree.find(matrix);
	if (entity === void 0) throw noMatrix(tree);
	const shape = isGroup(entity) ? tree.attribute(entity, "shape") ?? tree.attribute(entity, "h5sparse_shape") : tree.guard(matrix, () => entity.shape);
	if (!Array.isArray(shape) || shape.length !== 2 || !shape.every((n) => typeof n === "number" && n >= 0)) {
		if (!isGroup(entity) && tree.text(entity, "encoding-type") === "null") throw noMatrix(tree);
		throw tree.corrupt(`'${matrix}' of ${tree.path} has no shape of two dimensions`);
	}
	return [Number(shape[0]), Number(shape[1])];
}
function sparseLayout(tree, matrix, shape, names) {
	const group = tree.find(matrix);
	const encoding = group === void 0 ? void 0 : tree.text(group, "encoding-type") ?? tree.text(group, "h5sparse_format");
	const [rows, columns] = shape;
	const file = {
		file: tree,
		group: matrix,
		open: (part) => openRows(tree, tree.dataset(`${matrix}/${part}`))
	};
	if (encoding === "csr_matrix" || encoding === "csr") {
		const describe = (cell, feature) => `cell ${cell + 1}, feature '${names[feature]}'`;
		return {
			...file,
			major: "row",
			majorCount: rows,
			minorCount: columns,
			describe
		};
	}
	if (encoding === "csc_matrix" || encoding === "csc") {
		const describe = (feature, cell) => `cell ${cell + 1}, feature '${names[feature]}'`;
		return {
			...file,
			major: "response",
			majorCount: columns,
			minorCount: rows,
			describe
		};
	}
	throw tree.corrupt(`'${matrix}' of ${tree.path} has the encoding '${encoding ?? "none"}', not csr_matrix, csc_matrix or array`);
}
function checkDense(tree, matrix) {
	const { type } = tree.dataset(matrix).metadata;
	if (type === TYPE_CLASS.integer || type === TYPE_CLASS.float || type === TYPE_CLASS.enumeration) return;
	throw tree.corrupt(`'${matrix}' of ${tree.path} does not hold numbers`);
}
function symbols(tree, features) {
	const column = SYMBOL_COLUMNS.find((name) => features.columns.includes(name));
	return column === void 0 ? void 0 : frameTexts(tree, features, column);
}
//#endregion
//#region src/data/matrix/hdf5-source.ts
/**
* The cell x gene matrix in an open HDF5 file: AnnData's or CellRanger's, told apart by what is in it. When there is none
* the file is closed.
*
* @throws FitError `OptionError` for an option that the format does not have, `DataError` for a file that is none of them.
*/
function hdf5Source(tree, options, close) {
	const { path } = tree;
	try {
		if (tree.find("obs") !== void 0) {
			if (options.featureType !== void 0) throw misplaced("feature-type", options.featureType, path, "only 10x folders and CellRanger files have feature types; subset an .h5ad file where it is made");
			return h5adSource(tree, options, close);
		}
		if (cellRangerGroup(tree, options.genome) !== void 0) {
			refuseLayer(path, options);
			return cellRangerSource(tree, options, close);
		}
		throw tree.corrupt(`${path} is HDF5, but neither an AnnData nor a CellRanger matrix (it has: ${tree.keys(tree.root).join(", ")})`, tree.find("col_attrs") !== void 0 ? `it is a loom file; ${conversionAdvice(path, "loom")}` : `a matrix is ${MATRIX_FORMATS}`);
	} catch (error) {
		close();
		throw error;
	}
}
/** Layers are AnnData's alone. @throws FitError OptionError when one is asked for elsewhere */
function refuseLayer(path, { layer }) {
	if (layer !== void 0) throw misplaced("layer", layer, path, "only .h5ad files have layers");
}
function misplaced(option, value, path, remedy) {
	return new FitError("OptionError", `“${option}: ${value}” has no meaning for ${path}`, {
		path,
		option,
		remedy
	});
}
//#endregion
//#region src/data/matrix/tenx-folder.ts
const MATRIX = ["matrix.mtx.gz", "matrix.mtx"];
const FEATURES = [
	"features.tsv.gz",
	"features.tsv",
	"genes.tsv.gz",
	"genes.tsv"
];
const BARCODES = ["barcodes.tsv.gz", "barcodes.tsv"];
/** Folders of other tools, whose matrices are cells x genes. */
const CELLS_BY_GENES = [{
	tool: "kallisto bustools",
	matrix: /^(cells_x_genes|cells_x_tcc|.*spliced.*)\.(?:\w+\.)?mtx(\.gz)?$/,
	names: (stem) => [`${stem}.genes.txt`, `${stem}.barcodes.txt`]
}, {
	tool: "alevin-fry",
	matrix: /^(quants_mat)\.mtx(\.gz)?$/,
	names: (stem) => [`${stem}_cols.txt`, `${stem}_rows.txt`]
}];
/** Prefixes that a message lists. */
const LISTED = 6;
/** True for the name of the matrix of a 10x folder, also with a prefix (`GSM1_matrix.mtx.gz`), or of a like folder. */
function isTenxMatrix(path) {
	if (/matrix\.mtx(\.gz)?$/.test(path)) return true;
	const name = path.slice(path.lastIndexOf("/") + 1);
	return CELLS_BY_GENES.some(({ matrix }) => matrix.test(name));
}
/**
* The names of the three files in a folder that holds the files `present`. `prefix` precedes each; without it a folder with
* one set of prefixed files is read (`GSM1_matrix.mtx.gz`, as GEO has them; features may be shared under another prefix),
* and kallisto's and alevin-fry's names are known.
*
* @throws FitError `DataError`, `unreadable` when one is missing, and where several sets are there
*/
function tenxNames(folder, prefix, present) {
	for (const { matrix, names } of CELLS_BY_GENES) {
		if (prefix !== void 0 && prefix !== "") break;
		for (const file of present) {
			const found = matrix.exec(file);
			const own = found && names(found[1]).map((name) => [name, `${name}.gz`].find((text) => present.has(text)));
			if (own?.[0] !== void 0 && own[1] !== void 0) return {
				matrix: file,
				features: own[0],
				barcodes: own[1],
				cellsByGenes: true
			};
		}
	}
	const chosen = prefix ?? onlyPrefix(folder, present);
	const find = (names, shared = false) => {
		const name = names.find((candidate) => present.has(chosen + candidate));
		if (name !== void 0) return chosen + name;
		const others = shared ? [...present].filter((file) => names.some((candidate) => file.endsWith(candidate))) : [];
		if (others.length === 1) return others[0];
		const nested = [...present].filter((entry) => /^(filtered|raw)_(feature|gene)_bc_matri/.test(entry)).sort();
		const sets = prefixesIn(present).filter((other) => other !== chosen);
		throw new FitError("DataError", `${folder} has no ${chosen}${names[names.length - 1]}`, {
			path: folder,
			unreadable: true,
			remedy: nested.length > 0 ? `give the folder of the matrix inside it, such as ${folder}/${nested[0]}` : prefix !== void 0 && sets.length > 0 ? `there ${sets.length === 1 ? "is" : "are"} ${firstOf(sets)} for “prefix”` : `a 10x folder holds matrix.mtx, features.tsv (or genes.tsv) and barcodes.tsv, each plain or .gz`
		});
	};
	return {
		matrix: find(MATRIX),
		features: find(FEATURES, true),
		barcodes: find(BARCODES),
		cellsByGenes: false
	};
}
/** What precedes `matrix.mtx` in the only file of that kind; nothing where there is a plain one, or none. */
function onlyPrefix(folder, present) {
	if (MATRIX.some((name) => present.has(name))) return "";
	const distinct = prefixesIn(present);
	if (distinct.length <= 1) return distinct[0] ?? "";
	throw new FitError("DataError", `${folder} holds ${distinct.length} matrices: ${firstOf(distinct)}`, {
		path: folder,
		option: "prefix",
		remedy: `Name one: “prefix: ${distinct[0]}”`
	});
}
/** What precedes `matrix.mtx` in files of that kind, in order. */
function prefixesIn(present) {
	const prefixes = [...present].flatMap((file) => {
		const found = /^(.+)matrix\.mtx(\.gz)?$/.exec(file);
		return found ? [found[1]] : [];
	});
	return [...new Set(prefixes)].sort();
}
function firstOf(names) {
	const more = names.length > LISTED ? ` and ${names.length - LISTED} more` : "";
	return `${names.slice(0, LISTED).join(", ")}${more}`;
}
//#endregion
//#region src/data/matrix/tenx.node.ts
/**
* Opens a 10x folder: `matrix.mtx[.gz]`, `features.tsv|genes.tsv[.gz]`, `barcodes.tsv[.gz]`, as CellRanger 2 and later
* write them. A path to the matrix itself stands for its folder; what precedes `matrix.mtx` in its name is expected before
* the other names too. `featureType` picks among several feature types, `Gene Expression` by default.
*
* @throws FitError `DataError`, `unreadable` when a file is missing or broken, without it for repeated barcodes.
*/
async function openTenx(path, options = {}) {
	let folder = path;
	let { prefix } = options;
	let matrix;
	if (isTenxMatrix(path) && !await isFolder$1(path)) {
		folder = dirname(path);
		matrix = path;
		if (/matrix\.mtx(\.gz)?$/.test(path)) prefix = basename(path).replace(/matrix\.mtx(\.gz)?$/, "");
	}
	const present = new Set(await listFolder(folder));
	const names = tenxNames(folder, prefix, present);
	const matrixPath = matrix ?? join(folder, names.matrix);
	const featuresPath = join(folder, names.features);
	const barcodesPath = join(folder, names.barcodes);
	return tenxSource({
		path,
		matrixPath,
		featuresPath,
		barcodesPath,
		features: parseFeatures(await readText(featuresPath), featuresPath),
		barcodes: parseBarcodes(await readText(barcodesPath)),
		cellsByGenes: names.cellsByGenes,
		matrix: () => readBytes(matrixPath)
	}, options);
}
/** A whole text file (UTF-8), unpacked when it is gzip. */
async function readText(path) {
	const decoder = new TextDecoder("utf-8");
	const parts = [];
	for await (const chunk of readBytes(path)) parts.push(decoder.decode(chunk, { stream: true }));
	parts.push(decoder.decode());
	return parts.join("");
}
async function listFolder(folder) {
	try {
		return await readdir(folder);
	} catch (error) {
		throw unreadable(folder, error);
	}
}
async function isFolder$1(path) {
	try {
		return (await stat(path)).isDirectory();
	} catch (error) {
		throw unreadable(path, error);
	}
}
//#endregion
//#region src/data/matrix/open.node.ts
const HDF5 = /\.(h5ad|h5|hdf5)$/i;
/**
* Opens a cell x gene matrix in any of the formats, told apart by what is in them, and reads it in this thread, whatever the file
* does to it. Close it when done.
*
* @throws FitError `OptionError` for an option that the format does not have, `DataError` for a file that cannot be read or
*   is none of the formats.
*/
async function openMatrixHere(path, options = {}) {
	if (await isFolder(path) || isTenxMatrix(path)) {
		refuseLayer(path, options);
		return openTenx(path, options);
	}
	if (!HDF5.test(path)) throw new FitError("DataError", `${path} is no cell x gene matrix`, {
		path,
		remedy: `a matrix is ${MATRIX_FORMATS}`
	});
	const { tree, close } = await openHdf5(path);
	return hdf5Source(tree, options, close);
}
async function isFolder(path) {
	try {
		return (await stat(path)).isDirectory();
	} catch (error) {
		throw unreadable(path, error);
	}
}
//#endregion
//#region ../../tmp/e14-bench.ts
const dir = "/work/shared/reference/data/real/onek1k_subset";
const [h, ...rows] = readFileSync(dir + "/obs.tsv", "utf8").trim().split("\n").map((l) => l.split("	"));
const col = (n) => rows.map((r) => r[h.indexOf(n)]);
console.log(h.join(" "));
const src = await openMatrixHere(process.argv[2] ?? dir, {});
const N = src.rows, G = src.names.length;
console.log(N, G, src.entries, rows.length);
const tot = new Float64Array(N);
for await (const b of src.blocks({})) {
	const byRow = b.major === "row";
	b.majors.forEach((m, k) => {
		for (let e = b.pointers[k]; e < b.pointers[k + 1]; e++) tot[byRow ? m : b.indices[e]] += b.values[e];
	});
}
const type = col("cell_type");
const keep = Int32Array.from([...rows.keys()].filter((i) => type[i] === "cd4nc"));
const f = (v) => {
	const levels = [...new Set(v)].sort();
	return {
		kind: "factor",
		levels,
		codes: Int32Array.from(v, (x) => levels.indexOf(x)),
		ordered: false
	};
};
const design = buildDesign("~ sex + age + offset(log(total)) + (1 | donor)", {
	rows: N,
	columns: new Map([
		["donor", f(col("donor"))],
		["sex", f(col("sex"))],
		["age", {
			kind: "numeric",
			values: Float64Array.from(col("age"), Number)
		}],
		["total", {
			kind: "numeric",
			values: tot
		}]
	])
}, { rows: keep });
console.log("n", design.n);
for (const family of ["poisson", "nbinom2"]) for (let rep = 0; rep < 4; rep++) {
	const c0 = process.cpuUsage(), t0 = performance.now();
	const { parts, plan } = await streamFamily(src, [{
		design,
		matrixRows: design.rows
	}], {
		family,
		link: "log"
	}, {});
	const c = process.cpuUsage(c0);
	const t = performance.now() - t0;
	console.log(family, plan[0], "wall/gene ms", (t / G).toFixed(3), "cpu/gene", ((c.user + c.system) / 1e3 / G).toFixed(3), "width", parts[0].design.family.width, parts[0].design.family.counts.length);
}
for (let r = 0; r < 3; r++) {
	const c0 = process.cpuUsage();
	let s = 0;
	for await (const b of src.blocks({
		maxEntries: 1 << 17,
		reuse: true
	})) s += b.values[0];
	const c = process.cpuUsage(c0);
	console.log("read only cpu/gene", ((c.user + c.system) / 1e3 / G).toFixed(3));
}
const vals = new Float64Array(G * N);
for await (const b of src.blocks({})) {
	const byRow = b.major === "row";
	b.majors.forEach((m, k) => {
		for (let e = b.pointers[k]; e < b.pointers[k + 1]; e++) {
			const i = byRow ? m : b.indices[e], g = byRow ? b.indices[e] : m;
			vals[g * N + i] = b.values[e];
		}
	});
}
for (const family of ["poisson", "nbinom2"]) for (let rep = 0; rep < 2; rep++) {
	const c0 = process.cpuUsage();
	const m = familyMoments(design, {
		kind: "dense",
		rows: N,
		names: src.names,
		values: vals
	}, {
		family,
		link: "log"
	});
	const c = process.cpuUsage(c0);
	console.log("dense", family, "cpu/gene", ((c.user + c.system) / 1e3 / G).toFixed(3), m.batches[0].design.family.rows);
}
{
	const c0 = process.cpuUsage();
	const few = 150;
	const m = familyMoments(design, {
		kind: "dense",
		rows: N,
		names: src.names.slice(0, few),
		values: vals.subarray(0, few * N)
	}, {
		family: "nbinom1",
		link: "log"
	});
	const c = process.cpuUsage(c0);
	console.log("dense nbinom1 cpu/gene", ((c.user + c.system) / 1e3 / few).toFixed(3), "mean rows", m.batches.reduce((s, b) => s + b.design.family.rows, 0) / few);
}
//#endregion
export {};
