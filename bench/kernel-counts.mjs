/**
 * What every kernel moves and computes for one column of its buffers (a response, or a draw), from the sizes of a case
 * alone: `kernels.mjs` holds it to what passes through a device and says what bounds each kernel.
 *
 * A count is { once, up, down, uniforms, dispatches, operations, words, sharedWords, privateNumbers }:
 *   once            bytes uploaded once for all columns
 *   up, down        bytes to and from the device a column; columns are filled up to workgroups of 64
 *   uniforms        bytes uploaded a dispatch round of a chunk
 *   operations      f32 operations: a multiplication and an addition are two; a division, square root or built-in exp is 8;
 *                   of pairs those that their algorithms take
 *   words           32-bit words that a thread reads and writes in storage, as if no cache held them
 *   sharedWords     words that all threads of a workgroup read alike: the memory sees them once a workgroup
 *   privateNumbers  numbers in a thread's arrays, of which those beyond its registers spill
 *
 * Sums over loops are closed here; test/bench/kernel-counts.test.ts walks the loops as the shaders do.
 */
export const WORKGROUP = 64;
const DIVISION = 8;
const ROOT = 8;
const EXP_BUILT_IN = 8;
/** shaders/num/f32.wgsl. */
const LOG = 30;
const LOG1P = 34;
const EXP = 22;

export const triangle = (n) => (n * (n + 1)) / 2;
const empty = { once: 0, up: 0, down: 0, uniforms: 0, operations: 0, words: 0, sharedWords: 0, privateNumbers: 0 };

/** Bytes of traffic of a column on the device. */
export const trafficOf = ({ words, sharedWords }) => 4 * (words + sharedWords / WORKGROUP);

// One scalar random term. `levels` are eigenvalues that are not zero, `blocks` of four those of the log-determinant (ML).

/** `evaluations` as the kernel counts them: the pass over the grid is the first. */
export function spectralSearch({
  levels,
  blocks = 0,
  evaluations,
  own = false,
  pairs = false,
  signed = false,
  kept = false,
}) {
  const words = pairs ? 2 : 1;
  const square = pairs || signed ? 1 : 0;
  const mus = 4 * blocks;
  const design = 4 * (10 + 3 * levels + blocks);
  const grid = levels * (48 + square) + 10 * 13;
  const each = levels * ((blocks > 0 ? 19 : 22) + square) + 14 * mus + EXP_BUILT_IN + 3 * DIVISION + 13;
  const designWords = 12 * levels + 40 + (evaluations - 1) * (levels + mus);
  return {
    ...empty,
    once: own ? 0 : 4 * design,
    up: 4 * words * (1 + levels) + (own ? 4 * design : 0),
    down: 8,
    uniforms: 36,
    operations: grid + (evaluations - 1) * each,
    words: (kept ? 1 : evaluations) * words * (levels + 1) + 2 + (own ? designWords : 0),
    sharedWords: own ? 0 : designWords,
    privateNumbers: 10,
  };
}

/** f32 operations of pairs (shaders/num/df64*.wgsl), by variant. */
export function pairCosts(number) {
  const product = number === 'df64-fma' ? 3 : 11;
  const add = 20;
  const mul = product + 7;
  const sqr = product + 6;
  const div = 2 * DIVISION + product + 8;
  const sqrt = ROOT + product + 4 + DIVISION + 3;
  const twiceAtanh = sqr + 9 + 4 * add + 3 * mul + 2 * mul + add + 2;
  const log = 4 + add + add + div + twiceAtanh + mul + add;
  const exp = 3 + add + add + mul + 2 + 6 + add + 2 * (mul + add) + sqr + mul + add + 4 * (2 + sqr + add) + add + 4;
  return { add, mul, sqr, div, sqrt, log, exp };
}

/** The finish on the device after `steps` steps of Newton's method, of `columns` coefficients and contrasts. */
export function spectralFinish({ levels, blocks = 0, columns, steps, number }) {
  const { add, mul, sqr, div, log, exp } = pairCosts(number);
  const mus = blocks > 0 ? 4 * blocks : levels;
  const rows = 7 + 3 * columns;
  const sums = levels * (5 * mul + sqr + div + 5 * add + 2) + mus * (3 * mul + div + 3 * add);
  const newton = 3 * div + 3 * mul + sqr + 3 * add + DIVISION;
  const start = levels * (sqr + mul + 2 * add) + mul + div + add + exp;
  const end = mus * (2 * mul + add + 2) + levels * (sqr + 2 * mul + div + 2 * add) + 2 * log + 2 * mul + 3 * add + div;
  const column = mul + add + levels * (6 * mul + div + div + sqr + 4 * add);
  return {
    ...empty,
    once: 8 * (2 + levels + 4 * blocks + columns * (1 + levels)),
    down: 8 * rows,
    operations: start + steps * (sums + newton) + (steps - 1) * (exp + mul) + end + columns * column,
    words: 2 * ((steps + 1) * (levels + 1) + levels * (1 + columns) + rows) + 2,
    sharedWords: 2 * ((steps + 2) * (levels + mus) + columns * (1 + 2 * levels)),
    privateNumbers: 0,
  };
}

// Vector terms and several factors. `q` columns a level of the eliminated factor, `types` of its levels, `p` fixed effects,
// `random` columns of other factors, `width` of each of their levels, `parameters` of all factors, `squares` their elements.

/** Values of a design and of a response, words of the structure. */
export function factorTables({ q, types, p, random = 0, scatter = false, parameters, starts = 1 }) {
  const border = random + p;
  return {
    border,
    design: 1 + triangle(border) + types * (1 + q * q + q * border),
    response: 1 + border + types * (q + (scatter ? triangle(q) : 0)),
    structure: (4 + starts) * parameters + 4 * border,
  };
}

/** One level: F, its Cholesky factor, and what is substituted with it (lmm/level, enter_level). */
export function enterLevel({ q, scatter = false }) {
  const cholesky = 2 * q * triangle(q) + ((q - 1) * q * (q + 1)) / 3 + q * ROOT + (q * (q - 1) * DIVISION) / 2;
  const sweeps = scatter ? 2 * (q * q * DIVISION + q * q * (q - 1)) : 0;
  return 2 * q ** 3 + cholesky + q ** 3 + q * (DIVISION + 1) + q * q + sweeps + 2 + LOG;
}

/** Both sums of a level that its derivatives take (level_information, level_scatter). */
const levelForms = ({ q, scatter = false }) => 2 * q ** 3 + (scatter ? 4 * q ** 3 : 0);
const levelCurvature = ({ q }) => q * (2 * q + 2) + 4;

/** Work of BFGS around one evaluation and its derivatives (lmm/factor-search). */
const searchStep = (k) => 13 * k * k + 20 * k + 2 * DIVISION + 2 * ROOT;
const CRITERION = DIVISION + LOG1P + 8;

/** One evaluation, and its derivatives, of the kernel that keeps a model in its thread. */
export function blockSweeps({ q, types, p, scatter = false, reml = true, parameters }) {
  const entered = enterLevel({ q, scatter }) + p * (q * (q - 1) + q * DIVISION);
  const level = 2 + q * (3 + (scatter ? 1 : 0)) + q * p * 3 + 2 * q * triangle(p);
  const factor = ((p - 1) * p * (p + 1)) / 3 + p * (ROOT + (reml ? LOG + 1 : 0)) + (p * (p - 1) * DIVISION) / 2;
  const solve = 2 * p * (p - 1) + 2 * p * DIVISION + 2 * p;
  const slopes = 2 * q * q + q * p * (2 * q + 2) + (reml ? q * (p * (p - 1) + p * DIVISION) : 0);
  const values = q * q * (7 + (reml ? 2 * p : 0)) + parameters * (levelCurvature({ q }) + 2);
  return {
    evaluate: types * (entered + level) + factor + solve,
    differentiate: types * (entered + slopes + levelForms({ q, scatter }) + values) + parameters * (2 * q + 1),
  };
}

/** With `pairs` responses have their low words in further rows, which the search does not read. */
function factorSearch(sizes, evaluations, own, sweeps, privateNumbers, workspace) {
  const { design, response, structure } = factorTables(sizes);
  const designWords = evaluations * 2 * design;
  return {
    ...empty,
    once: 4 * structure + (own ? 0 : 4 * design),
    up: (sizes.pairs ? 8 : 4) * response + (own ? 4 * design : 0),
    down: 4 * (sizes.parameters + 1),
    uniforms: 40,
    operations: evaluations * (sweeps.evaluate + sweeps.differentiate + CRITERION + searchStep(sizes.parameters)),
    words: evaluations * (2 * response + workspace) + sizes.parameters + 1 + (own ? designWords : 0),
    sharedWords: own ? 0 : designWords,
    privateNumbers,
  };
}

/** Numbers of the search's own arrays, and of a level's. */
const searchArrays = (k) => 9 * k + k * k;
const levelArrays = ({ q }) => 7 * q * q + 2 * q;

/** Every evaluation counts with its derivatives: steps that are refused go without. */
export function blockSearch({ evaluations, own = false, ...sizes }) {
  const { q, p, parameters } = sizes;
  const privateNumbers =
    searchArrays(parameters) + 2 * parameters + levelArrays(sizes) + 2 * q * p + p * p + p + q * q + 1;
  return factorSearch({ random: 0, ...sizes }, evaluations, own, blockSweeps(sizes), privateNumbers, 0);
}

/** f32 operations that the parts of a finish share, in pairs: a level entered, and chain rule, step and columns around it. */
function pairParts({ q, p, scatter = false, parameters: k, number }, columnsOfN) {
  const { add, mul, sqr, div, sqrt, log } = pairCosts(number);
  const both = add + mul; // add_product, less_product
  const below = (q * (q - 1)) / 2;
  const cholesky = (q * triangle(q) + ((q - 1) * q * (q + 1)) / 6) * both + q * sqrt + below * mul;
  const substituted = (q + columnsOfN + 1) * (below * both + q * mul);
  const scattered = scatter ? 2 * q * (below * both + q * mul) : 0;
  const jacobian = add + mul;
  const chained = k * (2 * q + ROOT + q * (jacobian + k * both)) + triangle(k) * (2 * mul + k * (jacobian + both));
  const factorised = (((k - 1) * k * (k + 1)) / 6) * both + ((k * (k - 1)) / 2) * div + k * sqrt;
  const forward = ((k * (k - 1)) / 2) * both + k * div;
  const step = k * (q * both + mul) + 2 * forward + k * (sqr + add + both);
  const variance = p * (3 * both + mul) + ((p * (p - 1)) / 2) * both + k * p * (((p - 1) / 2) * both + 2 + 2 * both);
  const freedom = k * (2 * div + add + k * (jacobian + both)) + forward + k * (sqr + add);
  return {
    entered: q ** 3 * both + cholesky + q * (div + mul) + substituted + scattered + log + 2,
    newton: chained + factorised + step,
    column: variance + freedom,
  };
}

/** One evaluation in pairs with gradient and Hessian (lmm/block-derivatives, evaluate). */
export function blockPairSweeps({ q, types, p, scatter = false, reml = true, parameters, number }) {
  const { add, mul, sqr, div, sqrt, log } = pairCosts(number);
  const both = add + mul;
  const { entered } = pairParts({ q, p, scatter, parameters, number }, p);
  const level = both + q * (mul + sqr + add + p * (mul + both) + triangle(p) * both);
  const belowP = (p * (p - 1)) / 2;
  const solved = ((p - 1) * p * (p + 1)) / 6 + 2 * belowP + p;
  const fixed = solved * both + p * (sqrt + div + 2 * mul + (reml ? log + add : 0)) + belowP * mul + div;
  const projected = q * p * both + q * q * both + q * ((p * q + belowP) * both + p * mul);
  const forms = triangle(q) * (3 * mul + 3 * add + (2 + q + (reml ? p : 0)) * both);
  const mixed = parameters - q; // elements beside the diagonal count twice
  const sums = 2 * p * parameters * mul + (p + triangle(p)) * (parameters + mixed) * both;
  const orders = ((parameters + mixed) ** 2 + parameters + 3 * mixed) / 2;
  const traces = 2 * orders * both + triangle(parameters) * (2 + add);
  const second = projected + forms + sums + traces + (scatter ? triangle(q) * q * (q + 1) * both : 0);
  const pair = (reml ? triangle(p) * (mul + add + 2) : 0) + mul + div + p * (both + 2) + both;
  const ended = div + triangle(q) * both + triangle(parameters) * pair;
  return types * (2 * entered + level + (scatter ? q * add : 0) + second) + fixed + ended;
}

/** The finish on the device in so many evaluations, of `columns` coefficients and contrasts. */
export function blockFinish({ evaluations, columns, ...sizes }) {
  const { q, p, parameters: k, squares } = sizes;
  const { newton, column } = pairParts(sizes, p);
  const { design, response } = factorTables({ random: 0, ...sizes });
  const rows = squares + 4 + 3 * columns;
  const levelPairs = 7 * q * q + 3 * q + 3 * q * p;
  const sums = 2 * triangle(p) + 2 * p + 3 * q * q + k * (triangle(p) + p) + 2 * triangle(k) + 3 * k + squares;
  return {
    ...empty,
    once: 4 * (1 + design + 2 * columns * p),
    down: 8 * rows,
    operations: evaluations * (blockPairSweeps(sizes) + newton) + columns * column,
    words: evaluations * 4 * response + k + 1 + 2 * rows,
    sharedWords: evaluations * 4 * design + columns * 2 * p,
    privateNumbers: 2 * (levelPairs + sums) + 3 * squares + k,
  };
}

/**
 * The same of the kernel that keeps its matrices in storage; with the words that it reads and writes there. `touched` is the
 * share of the other factors' columns that a level of the eliminated one has rows of.
 */
export function crossedSweeps(sizes) {
  const { q, types, p, random, width = 1, scatter = false, reml = true, touched = 1, parameters } = sizes;
  const border = random + p;
  const used = reml ? border : random;
  const pairs = triangle(border);
  // Widths of the levels that columns a and b belong to, over all b <= a, and over the columns.
  const widths = random * width + p;
  const both = triangle(random) * width * width + p * random * width + triangle(p);
  const left = width * triangle(random) + p * random + triangle(p);
  const entered = enterLevel({ q, scatter }) + border * (q * (q - 1) + q * DIVISION);
  const enteredWords = border * (triangle(q - 1) + q);
  const products = touched * triangle(random) + pairs - triangle(random);
  const touchedColumns = touched * random + p;
  const level = 2 + q * (3 + (scatter ? 1 : 0)) + border * 3 * q + touchedColumns + products * (2 * q + 1);
  const levelWords = border * q + 2 * touchedColumns + products * (q + 2);
  const triple = ((border - 1) * border * (border + 1)) / 6; // l < b <= a
  const factor = 2 * both + 2 * left + 2 * triple + (pairs - border) * DIVISION + border * (ROOT + LOG + 1);
  const factorWords = both + 2 * triple + 2 * pairs - border;
  const solve = 2 * widths + 4 * triangle(border - 1) + border * (2 * DIVISION + 2);
  const solveWords = widths + 4 * triangle(border - 1) + 5 * border;
  const scaled = 2 * widths + 2 * random * border;
  const scaledWords = widths + border + random * (2 + 2 * border);
  const usedWidths = random * width + used - random;
  const row = 2 * q + border * (2 * q + 2) + 2 * usedWidths + 2 * triangle(used - 1) + used * DIVISION;
  const rowWords = border * (q + 2) + usedWidths + 2 * triangle(used - 1) + 2 * used;
  const slopes =
    q * row + levelForms({ q, scatter }) + triangle(q) * (2 * used + 8) + parameters * (levelCurvature({ q }) + 2);
  const slopesWords = q * rowWords + triangle(q) * 2 * used;
  let column = 0; // forward substitutions of unit vectors: from j on
  for (let j = 0; j < random; j++) column += triangle(used - j - 1);
  const solved =
    2 * column + random * (2 * triangle(used - 1) + 2 * used * DIVISION + 2 * usedWidths + width * (2 * used + 3));
  const solvedWords =
    2 * column + random * (2 * triangle(used - 1) + 5 * used + usedWidths + width * (2 * used + 1) + 1);
  return {
    evaluate: types * (entered + level) + factor + solve,
    evaluateWords: pairs + border + types * (enteredWords + levelWords) + factorWords + solveWords,
    differentiate: scaled + types * (entered + slopes) + solved,
    differentiateWords: scaledWords + types * (enteredWords + slopesWords) + solvedWords,
  };
}

export function crossedSearch({ evaluations, own = false, ...sizes }) {
  const { q, parameters, squares } = sizes;
  const sweeps = crossedSweeps(sizes);
  const privateNumbers = searchArrays(parameters) + 2 * parameters + levelArrays(sizes) + 2 * squares + 1 + q * q;
  const workspace = sweeps.evaluateWords + sweeps.differentiateWords;
  return factorSearch(sizes, evaluations, own, sweeps, privateNumbers, workspace);
}

/**
 * One evaluation in pairs with gradient and Hessian (lmm/crossed-derivatives, evaluate), and the words of its workspace.
 * The factors of the border are of one width, and every factor has one term; all levels count as touched.
 */
export function crossedPairSweeps(sizes) {
  const { q, types, p, random, width = 1, scatter = false, reml = true, parameters, number } = sizes;
  const { add, mul, sqr, div, sqrt, log } = pairCosts(number);
  const both = add + mul;
  const border = random + p;
  const widths = random * width + p;
  const below = (border * (border - 1)) / 2;
  const triple = ((border - 1) * border * (border + 1)) / 6;
  const { entered } = pairParts(sizes, border);
  const summed = q * (mul + sqr + add + (scatter ? add : 0)) + border * q * (mul + both) + triangle(border) * q * both;
  // T'M T, K, the solution and T times that.
  const scaled = triangle(random) * (width * width + width) + p * random * 2 * width + 2 * triangle(p);
  const solved = (scaled + triple + 2 * below + border + 2 * widths) * both;
  const solve = solved + below * mul + border * (sqrt + div + 2 * mul) + (reml ? border : random) * (log + add) + div;
  const project = (border + widths + below) * both + border * mul;
  const used = reml ? border : random;
  const own = triangle(q);
  const others = parameters - own;
  const turns = (k, w) => 2 * k - w; // elements beside the diagonal count twice
  const changes = (k, w) => 2 * p * k * mul + (p + triangle(p)) * turns(k, w) * both;
  const ordered = (turns(own, q) ** 2 + own + 3 * (own - q)) / 2;
  const forms = triangle(q) * (3 * mul + 3 * add + (2 + q + (scatter ? q * (q + 1) : 0) + used) * both);
  const traces = 2 * ordered * both + triangle(own) * (2 + add);
  const type = q * (q * both + border * q * both + project) + forms + traces + changes(own, q);
  const levels = random / width;
  const bordered = random * project + levels * (changes(others, width) + triangle(width) * both);
  // Pairs of levels: of the eliminated factor, of the border, and across.
  const block = (rows, columns) => rows * columns * (border * both + 2 * add);
  const terms = (k, w, l, v) => turns(k, w) * turns(l, v) * (mul + 2 * both) + k * l * (2 * mul + 2 * add);
  const pairs =
    triangle(types) * (block(q, q) + terms(own, q, own, q)) +
    triangle(levels) * (block(width, width) + terms(others, width, others, width)) +
    types * levels * (block(q, width) + terms(own, q, others, width));
  const ended = div + triangle(parameters) * (mul + div + both) + parameters * both;
  const columns = types * q + random;
  const levelWords = 2 * (border * (triangle(q) + 2 * q) + border * 2 + triangle(border) * (q + 2));
  const typeWords = 2 * (border * (triangle(q) + q * q) + triangle(q) * 2 * used + q * (p + 1));
  const projectWords = 2 * (border * 4 + widths + 2 * below + border);
  return {
    operations: types * (2 * entered + both + summed + type) + solve + bordered + pairs + ended,
    words:
      types * (levelWords + typeWords) +
      columns * projectWords +
      2 * (scaled + 2 * triple + 6 * below + 8 * border) +
      2 * triangle(columns) * (2 * border + 1),
  };
}

/** The finish on the device of the kernel that keeps its matrices in storage. */
export function crossedFinish({ evaluations, columns, ...sizes }) {
  const { q, p, parameters: k, squares, width = 1 } = sizes;
  const { newton, column } = pairParts(sizes, p);
  const { design, response } = factorTables(sizes);
  const { operations, words } = crossedPairSweeps(sizes);
  const rows = squares + 4 + 3 * columns;
  const widest = Math.max(q, width);
  const levelPairs = 7 * q * q + 3 * q + widest * (p + 1) + 2 * widest * widest;
  const sums = triangle(p) + 2 * p + 3 * squares + k * (triangle(p) + p) + 2 * triangle(k) + 3 * k + squares;
  return {
    ...empty,
    once: 4 * (1 + design + 2 * columns * p),
    down: 8 * rows,
    operations: evaluations * (operations + newton) + columns * column,
    words: evaluations * (4 * response + words) + k + 1 + 2 * rows,
    sharedWords: evaluations * 4 * design + columns * 2 * p,
    privateNumbers: 2 * (levelPairs + sums) + 3 * squares + k,
  };
}

// Structured residuals by patterns of visits, `us`: `sizes` are the rows of each pattern, its first visits in order. `scales`
// columns of log standard deviations; searches begin at one of `points`.

/** Matrices of 4 x 4 that one of p x p is cut into. */
const matricesOf = (p) => triangle(Math.ceil(p / 4));

/** One pattern: V, its factor and its inverse (lmm/blocks-objective, form_pattern). */
export function formPattern({ m, scales }) {
  const deviations = m * (2 * scales + EXP + 2);
  // Products of the rows of the factor: 2 (b + 1) a pair, and two deviations.
  const products = (m * (m + 1) * (m + 2)) / 3 + 2 * triangle(m);
  const factor = ((m - 1) * m * (m + 1)) / 3 + m * (ROOT + LOG + 2) + triangle(m - 1) * DIVISION;
  const inverse = m * DIVISION + ((m - 1) * m * (m + 1)) / 3 + 2 * triangle(m - 1);
  return deviations + products + factor + inverse + (m * (m + 1) * (m + 2)) / 3;
}

/** One evaluation, and its gradient. */
export function patternSweeps({ sizes, p, scales, reml = true }) {
  const pair = 32 * matricesOf(p) + 2 * p;
  const cube = ((p - 1) * p * (p + 1)) / 3;
  const solve = 2 * p * (p - 1) + p * (2 * DIVISION + 2);
  let evaluate = cube + p * (ROOT + LOG + 2) + triangle(p - 1) * DIVISION + solve;
  let differentiate = 2 * triangle(p);
  if (reml) differentiate += p * DIVISION + cube + 2 * triangle(p - 1) + (p * (p + 1) * (p + 2)) / 3;
  for (const m of sizes) {
    const formed = formPattern({ m, scales });
    evaluate += formed + 4 + triangle(m) * (pair + 2);
    const scaled = m * (2 * m + 3 * scales);
    const rows = triangle(m - 1) * (3 * m + 3);
    differentiate += formed + triangle(m) * (pair + 8 + 2 * m + 2) + 2 * m ** 3 + scaled + rows;
  }
  return { evaluate, differentiate };
}

/** Rows of a response, matrices of a design, words of the structure. */
export function patternTables({ sizes, p, scales, parameters, points }) {
  const pairs = sizes.reduce((sum, m) => sum + triangle(m), 0);
  const visits = Math.max(...sizes);
  return {
    response: 1 + pairs * (p + 1),
    matrices: pairs * matricesOf(p),
    structure: points * parameters * (1 + parameters) + sizes.length * (5 + visits + visits * scales),
  };
}

export function patternSearch({ evaluations, ...given }) {
  const { sizes, p, scales, parameters } = given;
  const { response, matrices, structure } = patternTables(given);
  const { evaluate, differentiate } = patternSweeps(given);
  const m = Math.max(...sizes);
  return {
    ...empty,
    once: 4 * structure + 64 * matrices,
    up: 4 * response,
    down: 4 * (parameters + 1),
    uniforms: 40,
    operations: evaluations * (evaluate + differentiate + searchStep(parameters) + 8),
    words: evaluations * 2 * response + parameters * (parameters + 1) + parameters + 1,
    sharedWords: evaluations * 2 * (16 * matrices + sizes.reduce((sum, rows) => sum + 5 + rows * (1 + scales), 0)),
    privateNumbers: searchArrays(parameters) + 2 * parameters + 4 * m * m + m + 16 * matricesOf(p) + p * p + p,
  };
}

// Draws of a bootstrap: columns are draws. What goes up once, and with each response, counts with the first and the last kernel.

/** A quarter of Philox' integer operations, and both branches of the inverse normal. */
const NORMAL = 90 + 75;
/** Bytes of the uniform of the draws. */
export const DRAWS = 64;
const chiSquared = (freedom) => (freedom < 100 ? freedom * (NORMAL + 2) : NORMAL + 40);

export function spectralDraw({ levels, outside, columns }) {
  const operations = levels * (ROOT + 3 + NORMAL) + chiSquared(outside);
  const once = 4 * (4 * (10 + 3 * levels) + columns * (1 + levels));
  return { ...empty, once, uniforms: 36 + DRAWS, operations, words: 1 + levels + 2, sharedWords: levels };
}

/** The search of draws: as that of responses, but nothing moves. */
export const searchOfDraws = (search) => ({ ...search, once: 0, up: 0, down: 0, uniforms: 0 });

export function spectralStatistics({ levels, columns }) {
  const column = levels * (3 * DIVISION + 22) + 2 * ROOT + 2 * DIVISION + 8;
  return {
    ...empty,
    operations: EXP + levels * (DIVISION + 4) + DIVISION + columns * column,
    words: 4 + levels * (1 + columns) + 2 * columns,
    sharedWords: levels * (1 + 2 * columns) + columns,
  };
}

export function factorDraw(sizes) {
  const { q, types, scatter = false, outside, parameters } = sizes;
  const { random = 0, width = 1, levels, columns, p } = sizes;
  const { border, design, response, structure } = factorTables({ random, ...sizes });
  const borders = random * width * (2 + NORMAL) + border * (NORMAL + 2 + 2 * random) + 2 * border * border;
  const level = q * (q * (2 + NORMAL) + 2 * q) + q * (NORMAL + 2 + 1 + DIVISION) + 2 * triangle(q);
  const type = 2 * q * random + (scatter ? 4 * triangle(q) : 0);
  return {
    ...empty,
    once: 4 * (structure + design + columns * p + border * border + levels),
    uniforms: 40 + DRAWS,
    operations: borders + types * type + levels * level + chiSquared(outside),
    words: 1 + parameters + random + border * random + border + border * border + response + types * q * random,
    sharedWords: 3 * border * border + design + levels,
    privateNumbers: 4 * q * q + 6 * q + parameters,
  };
}

/** Two evaluations of the objective, and every column after each. */
export function factorStatistics(sizes, columns, evaluated) {
  const { p, parameters } = sizes;
  const { design, response } = factorTables({ random: 0, ...sizes });
  const column = 2 * p + p * (p - 1) + p * (DIVISION + 2) + DIVISION + ROOT;
  return {
    ...empty,
    operations: 2 * (evaluated.evaluate + columns * column),
    words: 2 * (response + (evaluated.evaluateWords ?? 0) + parameters + 3 * columns) + 1,
    sharedWords: 2 * (design + columns * 2 * p),
    privateNumbers: levelArrays(sizes) + parameters,
  };
}

/** All draws of a response: `looks` averages over them for each coefficient and contrast. */
export function bootstrapTails({ columns, draws, parameters, looks = 1 }) {
  const upper = DIVISION + 18 + LOG + 8;
  const draw = 2 * upper + (EXP + LOG1P) / 2 + EXP + LOG1P + 2 * EXP + 16;
  return {
    ...empty,
    up: 4 * (columns + 1 + parameters), // |t| observed, the stream, what is drawn from
    down: 16 * columns,
    uniforms: DRAWS,
    operations: columns * looks * (draws * draw + 6 * (2 * EXP + 9)),
    words: columns * (looks * 2 * draws + 5),
  };
}

/** Moments of a response of `rows` values; `entries` of Z that are not zero. */
export function denseMoments({ rows, p, levels, entries, number }) {
  const { add, mul, sqr } = pairCosts(number);
  const columns = 4 * Math.ceil(p / 4);
  const projections = columns > 0 ? 2 : 0;
  const finished = 2 * columns + 1 + levels;
  const dispatches = 2 * projections + 1 + (levels > 0 ? 1 : 0);
  return {
    ...empty,
    once: 4 * (levels + 1 + entries) + 8 * (rows * columns + entries),
    up: 8 * rows,
    down: 8 * finished,
    uniforms: 32 * dispatches,
    operations: projections * rows * (2 * columns * (mul + add) + add) + rows * (sqr + add) + entries * (mul + add),
    words: 2 * (projections * rows * (columns / 4 + columns + 2) + projections * columns + rows + entries + levels + 1),
    sharedWords: 2 * projections * 2 * rows * columns + 3 * entries,
  };
}
