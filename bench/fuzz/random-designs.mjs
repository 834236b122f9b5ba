/**
 * Random designs: tables of a few to ninety rows with factors, covariates, weights and a response, most of them with
 * something wrong (collinear, confounded, constant, one level, one row a level, huge or tiny numbers, repeated rows), and
 * a model for them.
 */
import { delimited } from './trial-table.mjs';

const FORMULAS = {
  'y ~ x + (1 | g)': 6,
  'y ~ f + (1 | g)': 6,
  'y ~ f * x + (1 | g)': 4,
  'y ~ x + (x | g)': 5,
  'y ~ x + (x || g)': 4,
  'y ~ f + x + (f || g)': 2,
  'y ~ f + (f | g)': 2,
  'y ~ f + x + (1 | g) + (1 | h)': 5,
  'y ~ x + (1 | g/h)': 4,
  'y ~ scale(x) + (1 | g/h)': 2,
  'y ~ 1 + (1 | g)': 2,
  'y ~ x + z + f + (1 | g)': 4,
  'y ~ x * z + (1 | h)': 2,
  'y ~ x + z + (x + z | g)': 2,
  'y ~ poly(x, 2) + (1 | g)': 2,
  'y ~ 0 + f + (1 | g)': 2,
  'y ~ f:h + (1 | g)': 1,
  'y ~ x + (0 + x | g)': 2,
  'y ~ x + (0 + f | g)': 1,
  'y ~ x + offset(z) + (1 | g)': 1,
  'y ~ f / x + (x | h) + (1 | g)': 1,
  'y ~ x + (x | g) + (z | h)': 1,
};

/** The models that designs are drawn for. */
export const FORMULA_TEXTS = Object.keys(FORMULAS);

/** Ten to some power: ordinary, wide, or near the ends of what squares in a double. */
function scaleOf(random) {
  const kind = random.weighted({ one: 6, wide: 2, extreme: 1 });
  if (kind === 'one') return 1;
  return 10 ** (kind === 'wide' ? random.integer(-6, 6) : random.integer(-150, 150));
}

function levels(random, rows, letter, most) {
  const count = random.pick([1, 2, 2, 3, 3, 4, 5, 6, 8, most]);
  const how = random.weighted({ drawn: 4, balanced: 4, rare: 1 });
  return Array.from({ length: rows }, (_, i) => {
    const code = how === 'balanced' ? i % count : how === 'rare' ? (i === 0 ? count : 0) : random.integer(0, count - 1);
    return `${letter}${String(code).padStart(2, '0')}`;
  });
}

function covariate(random, rows, others, kinds) {
  const kind = random.weighted({
    normal: 8,
    whole: 3,
    constant: 1,
    copy: 1,
    combined: 1,
    near: 1,
    shifted: 1,
    index: 1,
    group: 1,
    binary: 1,
    outlier: 1,
  });
  kinds.push(kind);
  const scale = scaleOf(random);
  const base = others.x ?? null;
  const made = Array.from({ length: rows }, (_, i) => {
    switch (kind) {
      case 'whole':
        return random.integer(0, 9);
      case 'constant':
        return 1;
      case 'copy':
        return base ? base[i] : random.normal();
      case 'combined':
        return base ? 3 * base[i] - 2 : i;
      case 'near':
        return base ? base[i] * (1 + 1e-9 * random.normal()) : random.normal();
      case 'shifted':
        return 1e8 + random.normal();
      case 'index':
        return i;
      case 'group':
        return Number(others.g[i].slice(1));
      case 'binary':
        return random.chance(0.3) ? 1 : 0;
      case 'outlier':
        return i === 0 ? 1e12 : random.normal();
      default:
        return random.normal();
    }
  });
  return kind === 'copy' || kind === 'combined' || kind === 'near' ? made : made.map((value) => value * scale);
}

function response(random, rows, { x, g, f }, kinds) {
  const kind = random.weighted({
    mixed: 12,
    noise: 3,
    constant: 1,
    zero: 1,
    perfect: 1,
    groups: 1,
    outlier: 1,
    counts: 2,
    rare: 1,
    holes: 2,
    near: 1,
  });
  const scale = scaleOf(random);
  kinds.push(kind);
  const effects = new Map();
  for (const level of [...g, ...f]) if (!effects.has(level)) effects.set(level, random.normal());
  const spread = random.pick([0.01, 0.5, 1, 5]);
  const unit = Math.max(...x.map(Math.abs)) || 1;
  return Array.from({ length: rows }, (_, i) => {
    const mixed = 2 + x[i] / unit + spread * effects.get(g[i]) + 0.3 * effects.get(f[i]) + random.normal();
    switch (kind) {
      case 'noise':
        return scale * random.normal();
      case 'constant':
        return scale * 5;
      case 'zero':
        return 0;
      case 'perfect':
        return 1 + 2 * x[i];
      case 'groups':
        return scale * effects.get(g[i]);
      case 'outlier':
        return scale * (i === 1 ? 1e9 : mixed);
      case 'counts':
        return Math.round(Math.exp(Math.min(5, mixed)));
      case 'rare':
        return i % 17 === 3 ? 1 : 0;
      case 'holes':
        return random.chance(0.2) ? null : scale * mixed;
      case 'near':
        return scale * (1e6 + 1e-3 * mixed);
      default:
        return scale * mixed;
    }
  });
}

function weightsOf(random, rows, kinds) {
  const kind = random.weighted({ plain: 4, zeros: 1, wide: 1, extreme: 1, huge: 1, tiny: 1 });
  kinds.push(kind);
  return Array.from({ length: rows }, () => {
    if (kind === 'zeros') return random.chance(0.3) ? 0 : random.between(0.5, 2);
    if (kind === 'wide') return 10 ** random.between(-8, 8);
    if (kind === 'extreme') return 10 ** random.between(-150, 150);
    if (kind === 'huge') return 1e300 * random.between(0.1, 1);
    if (kind === 'tiny') return 1e-300 * random.between(0.1, 1);
    return random.between(0.1, 10);
  });
}

/** Kinds of columns whose rank or residual hangs on rounding. */
const DELICATE = ['near', 'shifted', 'outlier', 'wide', 'extreme', 'huge', 'tiny', 'perfect', 'groups'];

/** Columns of a random table, and the options of a fit to it; `plain` where nothing in it hangs on rounding. */
export function randomDesign(random) {
  const rows = random.pick([
    random.integer(2, 8),
    random.integer(8, 30),
    random.integer(8, 30),
    random.integer(30, 90),
  ]);
  const g = levels(random, rows, 'g', rows);
  const h = random.weighted({ drawn: 4, nested: 2, same: 1 });
  const columns = { g, h: levels(random, rows, 'h', 5), f: levels(random, rows, 'f', 4) };
  if (h === 'nested') columns.h = g.map((level, i) => `${level}.${i % 2}`);
  if (h === 'same') columns.h = g.map((level) => `h${level}`);
  // A factor between groups, and one that is the group.
  if (random.chance(0.15)) columns.f = g.map((level) => `f${Number(level.slice(1)) % 2}`);
  else if (random.chance(0.05)) columns.f = g.map((level) => `f${level}`);
  const kinds = [];
  columns.x = covariate(random, rows, columns, kinds);
  columns.z = covariate(random, rows, columns, kinds);
  columns.y = response(random, rows, columns, kinds);
  const weighted = random.chance(0.3);
  if (weighted) columns.w = weightsOf(random, rows, kinds);
  if (random.chance(0.15)) {
    const at = Array.from({ length: rows }, () => random.integer(0, rows - 1));
    for (const key of Object.keys(columns)) columns[key] = at.map((i) => columns[key][i]);
  }
  const formula = random.weighted(FORMULAS);
  const method = random.chance(0.2) ? 'ML' : 'REML';
  const plain = !kinds.some((kind) => DELICATE.includes(kind));
  return { columns, formula, method, weights: weighted ? 'w' : undefined, plain };
}

/** The text that a design is read from. */
export const designText = ({ columns }) => delimited(columns);
