/**
 * The small tables that the campaign damages: repeated measures of twelve subjects, and the same as a bulk table of eight
 * responses with annotation and weights. Values are drawn once and for all, every kind of column occurs.
 */
import { randomStream } from './random.mjs';

const SUBJECTS = 12;
const VISITS = 6;

const name = (letter, number) => `${letter}${String(number).padStart(2, '0')}`;

/** Columns of the trial by name, arrays of equal length; `null` is missing. */
export function trialColumns() {
  const random = randomStream('trial');
  const columns = Object.fromEntries(
    ['subject', 'arm', 'site', 'sex', 'visit', 'time', 'y', 'y2', 'w', 'shift', 'flag', 'note'].map((key) => [key, []]),
  );
  for (let s = 0; s < SUBJECTS; s++) {
    const level = 3 * random.normal();
    for (let visit = 1; visit <= VISITS; visit++) {
      const time = Number((visit - 1 + 0.3 * random.normal()).toFixed(3));
      const row = {
        subject: name('S', s + 1),
        arm: s % 2 === 0 ? 'drug' : 'placebo',
        site: name('site', 1 + (s % 3)),
        sex: s % 4 < 2 ? 'F' : 'M',
        visit,
        time,
        y: Number((20 + level + (s % 2 === 0 ? 0.8 : 0.2) * time + random.normal()).toFixed(4)),
        y2: random.chance(0.1) ? null : Number((5 + 0.5 * level + 2 * random.normal()).toFixed(4)),
        w: Number(random.between(0.2, 3).toFixed(3)),
        shift: Number((0.2 * random.normal()).toFixed(3)),
        flag: random.chance(0.4),
        note: random.chance(0.2) ? null : random.pick(['a, b', 'plain', 'with "quotes"', '\u00e9t\u00e9']),
      };
      for (const key of Object.keys(columns)) columns[key].push(row[key]);
    }
  }
  return columns;
}

/** Delimited text of columns by name. */
export function delimited(columns, delimiter = ',') {
  const quoted = (value) => {
    const text = value === null ? 'NA' : String(value);
    return /["\n,\t]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const names = Object.keys(columns);
  const rows = columns[names[0]].map((_, i) => names.map((key) => quoted(columns[key][i])).join(delimiter));
  return `${[names.join(delimiter), ...rows].join('\n')}\n`;
}

/** A bulk experiment: `counts` and `weights` (responses x samples) and `obs`, columns by name. */
export function bulkColumns() {
  const random = randomStream('bulk');
  const samples = Array.from({ length: 24 }, (_, i) => name('sample', i + 1));
  const genes = Array.from({ length: 8 }, (_, i) => name('gene', i + 1));
  const obs = {
    sample: samples,
    donor: samples.map((_, i) => name('D', 1 + (i >> 2))),
    stim: samples.map((_, i) => (i % 2 === 0 ? 'ctrl' : 'stim')),
    age: samples.map((_, i) => 20 + ((7 * i) % 50)),
  };
  const matrix = (draw) => ({ gene: genes, ...Object.fromEntries(samples.map((key) => [key, genes.map(draw)])) });
  return {
    obs,
    counts: matrix(() => Math.round(100 * Math.exp(random.normal()))),
    weights: matrix(() => Number(random.between(0.1, 5).toFixed(4))),
  };
}
