/**
 * Random arguments of the command: subcommands, options and values, mostly such as go together, with some that do not and
 * some that make no sense.
 */

import { randomCondition } from './condition-grammar.mjs';
import { broken, randomFormula } from './formula-grammar.mjs';

const COLUMNS = ['y', 'time', 'arm', 'subject', 'site', 'w', 'shift', 'flag', 'note', 'holes', 'one', 'nothing', ''];
const NUMBERS = ['0', '1', '2', '5', '100', '-1', '1.5', 'abc', '', 'NaN', '1e3', '99999999999999999999', '0x10', ' 3'];

/** Options of the subcommands with values to draw from; a function draws one, `null` is a flag. */
const SHARED = {
  '--where': (random) => randomCondition(random),
  '--split-by': COLUMNS,
  '--min-cells': NUMBERS,
  '--normalize': ['log1p-cpm', 'log1p-cp10k', 'none', 'cpm'],
  '--totals': COLUMNS,
  '--layer': ['raw', 'counts', ''],
  '--feature-type': ['Gene Expression', 'x'],
  '--factor': (random) =>
    `${random.pick(COLUMNS)}${random.pick(['', '=a,b', '=placebo,drug', '=', '="a,b",c', '=drug', '==', '=,'])}`,
  '--ordered': ['visit=1,2,3,4,5,6', 'arm=placebo,drug', 'arm', 'visit=1,2', '=', 'site=site03,site01,site02'],
  '--coding': ['arm=sum', 'site=helmert', 'site=poly', 'arm=x', 'time=sum', '=sum', 'arm'],
  '--weights': ['w', 'shift', 'nothing', 'voom', 'weights.csv', 'bulk.csv', 'absent.csv'],
  '--norm-factors': ['tmm', 'none', 'x'],
  '--offset': COLUMNS,
  '--na': ['omit', 'per-response', 'fail', 'x'],
  '--memory': NUMBERS,
  '--quiet': null,
  '--ml': null,
  '--responses': ['y', 'y,y2', '/y/', '/(/', '@names.txt', '@absent', '', ',', '*', 'nothing', '/^gene0[1-3]$/'],
  '--obs': ['obs.tsv', 'absent.tsv', '.', 'awkward.csv', 'names.txt'],
};
const OUTPUTS = (random) =>
  `${random.pick(['', '', 'tidy=', 'glance=', 'ranef=', 'augment=', 'json=', 'x=', 'toptable:time=', 'variance=', 'anova='])}${random.pick(['out.tsv', 'out.csv', 'out.parquet', 'out.json', 'out.tsv.gz', 'out', 'no/such/out.tsv', '.', 'awkward.csv', '-', 'out.xlsx'])}`;
const ENGINE = {
  '--backend': ['auto', 'cpu', 'cuda'],
  '--precision': ['auto', 'f64', 'df64', 'f128'],
  '--threads': ['1', '2', '0', '-1', 'x'],
  '--strict': null,
};
const TESTS = {
  '--adjust': ['BH', 'holm', 'bonferroni', 'none', 'storey', 'x'],
  '--adjust-across': ['within', 'all', 'x'],
};

const OPTIONS = {
  fit: {
    ...SHARED,
    ...ENGINE,
    ...TESTS,
    '--ddf': ['auto', 'kenward-roger', 'satterthwaite', 'asymptotic', 'between-within', 'kr', 'x'],
    '--contrast': ['a=time', 'b=armplacebo - time', 'c=arm:placebo-drug', '=time', 'd=', 'e=0, 1', 'f=nothing'],
    '--anova': ['I', 'II', 'III', 'IV'],
    '--emmeans': ['arm', 'arm * site', 'arm | site', 'site', '', '|', 'nothing', 'time'],
    '--slopes': COLUMNS,
    '--at': ['time=0,1', 'time=', 'arm=drug', 'time=1e400', 'nothing=1'],
    '--pairs-adjust': ['tukey', 'holm', 'none', 'x'],
    '--moderate': ['robust', 'trend', 'robust,trend', 'x'],
    '--conf-int': ['0.95', '0', '1', '2', 'x', '-0.5'],
    '--sorted': null,
    '--conf-method': ['wald', 'profile', 'bootstrap', 'bca', 'x'],
    '--conf-parameters': ['all', 'beta', 'sigma', 'time', 'sd__(Intercept)', 'nothing', ''],
    '--bootstrap': ['100', '0', '-1', '99', 'x', '150'],
    '--seed': NUMBERS,
    '--format': [
      'tidy',
      'glance',
      'ranef',
      'augment',
      'toptable',
      'variance',
      'anova',
      'emmeans',
      'pairs',
      'json',
      'x',
    ],
    '--out': OUTPUTS,
    '--omit': ['ranef', 'vcov', 'ranef,vcov', 'none', 'x', ''],
    '--save': ['saved.fit', 'no/such/saved.fit', '.', 'awkward.csv'],
    '--explain': null,
  },
  compare: {
    ...SHARED,
    ...ENGINE,
    ...TESTS,
    '--tests': ['ranova', 'x'],
    '--cv': ['2', '5', '1', '0', '10000', 'x'],
    '--cv-by': ['rows', 'subject', 'site', 'time', 'nothing'],
    '--select': ['lrt', 'aic', 'x'],
    '--alpha': ['0.05', '0', '1', '2', 'x', ''],
    '--select-random': null,
    '--rank-by': ['AIC', 'AICc', 'BIC', 'x'],
    '--reference': ['mixture', 'chisq', 'x'],
    '--bootstrap': ['100', '0', 'x'],
    '--seed': NUMBERS,
    '--format': ['models', 'tests', 'summary', 'ranova', 'cv', 'folds', 'path', 'json', 'x'],
    '--out': OUTPUTS,
  },
  calibrate: {
    ...SHARED,
    ...ENGINE,
    '--term': ['time', 'arm', 'nothing', ''],
    '--contrast': ['a=time', 'b=nothing'],
    '--simulations': ['20', '0', 'x', '1'],
    '--seed': NUMBERS,
    '--scheme': ['simulate', 'permute', 'x'],
    '--permute': COLUMNS,
    '--tests': ['z', 'satterthwaite', 'kr', 'naive', 'z,naive', 'x', ''],
    '--plot': ['plot.svg', 'plot.png', 'no/such/plot.svg'],
    '--format': ['rates', 'pvalues', 'json', 'x'],
    '--out': OUTPUTS,
  },
  influence: { ...SHARED, '--group': COLUMNS, '--one-step': null, '--out': OUTPUTS, '--threads': ['1', '0', 'x'] },
  moments: { ...SHARED, '--out': ['out.moments', 'no/such/out.moments', '.', 'awkward.csv'] },
  predict: {
    '--re-form': ['all', 'none', 'x'],
    '--allow-new-levels': null,
    '--se': null,
    '--interval': ['confidence', 'prediction', 'x'],
    '--level': ['0.9', '0', '1', 'x', '', '-1', '1e-300'],
    '--out': OUTPUTS,
    '--quiet': null,
  },
  simulate: {
    '--from': ['1.fit', 'awkward.csv', 'absent.fit'],
    '--nsim': ['1', '2', '0', 'x', '-1'],
    '--use-random-effects': null,
    '--kind': ['cells', 'visits', 'x'],
    '--genes': ['3', '0', 'x', '1.5', '1'],
    '--cells': ['20', '0', '1', 'x'],
    '--donors': ['2', '1', '0', '50', 'x'],
    '--density': ['0.1', '0', '1', '2', 'x', '1e-300', '0.999'],
    '--condition': ['within', 'between', 'x'],
    '--subjects': ['4', '1', '0', 'x'],
    '--visits': ['3', '1', '0', 'x'],
    '--responses': ['1', '2', '0', 'x'],
    '--missing': ['0', '0.5', '1', '-1', 'x', '0.99'],
    '--seed': NUMBERS,
    '--out': ['made', 'made.h5ad', 'made.csv', 'no/such/made.csv', 'made.xyz', '.', ''],
    '--quiet': null,
  },
};

const MATRIX_FORMULAS = ['~ stim + (1 | donor)', '~ stim + (1 | donor)', '~ stim', '~ nothing + (1 | donor)'];
const TABLE_FORMULAS = [
  'y ~ time * arm + (1 | subject)',
  'y ~ time + (time | subject)',
  'cbind(y, y2) ~ arm + time + (1 | site/subject)',
  'y ~ time + arm + (1 | subject)',
  'y ~ sex + (1 | site) + (1 | subject)',
  '~ time + (1 | subject)',
  'y ~ time',
];
const DESIGN_FORMULAS = ['y ~ x + (1 | g)', 'y ~ f + x + (1 | g)', 'y ~ x + (x | g)', 'y ~ f + (1 | g) + (1 | h)'];
/** What a command is given, with the formulas and options that suit it. */
const DATA = {
  'awkward.csv': { weight: 16, formulas: TABLE_FORMULAS },
  'design.csv': { weight: 5, formulas: DESIGN_FORMULAS },
  tenx: { weight: 2, formulas: MATRIX_FORMULAS, options: ['--obs', 'tenx/obs.tsv'] },
  'rows.h5ad': { weight: 3, formulas: MATRIX_FORMULAS },
  'bulk.csv': { weight: 3, formulas: MATRIX_FORMULAS, options: ['--obs', 'obs.tsv'] },
  '1.moments': { weight: 2, formulas: [] },
  '1.fit': { weight: 1, formulas: [] },
  'absent.csv': { weight: 0.3, formulas: TABLE_FORMULAS },
  '.': { weight: 0.3, formulas: MATRIX_FORMULAS },
  'names.txt': { weight: 0.3, formulas: TABLE_FORMULAS },
  'empty.csv': { weight: 0.3, formulas: TABLE_FORMULAS },
  '': { weight: 0.3, formulas: TABLE_FORMULAS },
};
const WEIGHTS = Object.fromEntries(Object.entries(DATA).map(([name, { weight }]) => [name, weight]));

/** Options that mean nothing without another, which mostly comes along. */
const COMPANIONS = {
  '--norm-factors': ['--weights', 'voom'],
  '--slopes': ['--emmeans', 'arm'],
  '--at': ['--emmeans', 'arm'],
  '--pairs-adjust': ['--emmeans', 'site'],
  '--seed': ['--bootstrap', '100'],
  '--select-random': ['--select', 'lrt'],
  '--alpha': ['--select', 'lrt'],
  '--cv-by': ['--cv', '3'],
  '--totals': ['--normalize', 'log1p-cpm'],
  '--level': ['--interval', 'confidence'],
  '--permute': ['--scheme', 'permute'],
  '--nsim': ['--from', '1.fit'],
  '--use-random-effects': ['--from', '1.fit'],
};
/** Options that a table of responses does not take. */
const FOR_MATRICES = ['--normalize', '--totals', '--layer', '--feature-type', '--obs', '--norm-factors'];

/** Lists begin with what makes sense, which is drawn more often. */
const drawEarly = (random, list) => list[Math.floor(list.length * random.uniform() ** 2)];

function drawOptions(random, command, data) {
  const table = OPTIONS[command];
  const foreign = data.endsWith('.csv') && data !== 'bulk.csv' && random.chance(0.9) ? FOR_MATRICES : [];
  const chosen = random
    .shuffle(Object.keys(table).filter((name) => !foreign.includes(name)))
    .slice(0, random.pick([0, 1, 1, 1, 1, 2, 2, 4]));
  const options = chosen.flatMap((name) => {
    const values = table[name];
    const companion =
      COMPANIONS[name] && table[COMPANIONS[name][0]] && !chosen.includes(COMPANIONS[name][0]) && random.chance(0.8)
        ? COMPANIONS[name]
        : [];
    if (values === null) return [name, ...companion];
    return [...companion, name, typeof values === 'function' ? values(random) : drawEarly(random, values)];
  });
  if (random.chance(0.03))
    options.push(random.pick(['--', '--nothing', '-x', '--formula', '--out', '--ddf=', '--help']));
  return options;
}

function drawFormulas(random, command, formulas) {
  if (formulas.length === 0 && random.chance(0.9)) return [];
  const list =
    command === 'compare' && formulas === TABLE_FORMULAS ? formulas.filter((text) => /^y .*\|/.test(text)) : formulas;
  const count = command === 'compare' ? random.pick([1, 1, 2, 2, 2, 3]) : random.chance(0.95) ? 1 : 0;
  return Array.from({ length: count }, () => {
    const text = random.chance(0.1)
      ? randomFormula(random)
      : drawEarly(random, list.length > 0 ? list : TABLE_FORMULAS);
    return random.chance(0.05) ? broken(text, random) : text;
  }).flatMap((text) => ['--formula', text]);
}

/** Arguments of a random command, for the files that `commands.mjs` lays out. */
export function drawArguments(random) {
  const command = random.weighted({
    fit: 10,
    compare: 4,
    calibrate: 2,
    influence: 2,
    moments: 2,
    predict: 3,
    simulate: 2,
  });
  const data = random.weighted(WEIGHTS);
  const options = drawOptions(random, command, command === 'predict' || command === 'simulate' ? '' : data);
  if (command === 'predict') {
    const fit = drawEarly(random, ['1.fit', '1.fit', '2.fit', '1.moments', 'awkward.csv', 'absent.fit']);
    return [command, fit, random.chance(0.7) ? 'new.csv' : data, ...options];
  }
  if (command === 'simulate') return [command, ...(options.includes('--from') ? ['new.csv'] : []), ...options];
  const { formulas, options: needed = [] } = DATA[data];
  // Its default is two thousand fits.
  const fewer = command === 'calibrate' && !options.includes('--simulations') ? ['--simulations', '20'] : [];
  const written =
    command === 'moments' && random.chance(0.9) && !options.includes('--out') ? ['--out', 'out.moments'] : [];
  return [command, data, ...drawFormulas(random, command, formulas), ...needed, ...options, ...written, ...fewer];
}
