/**
 * Two small simulated tables with many responses, for the examples: voltages of an EEG, intensities of proteins. Lines of text and
 * truth as rows, as in `repeated-measures.mjs`.
 */
import { Draws, truthTable } from './repeated-measures.mjs';

const numbered = (letter, index) => `${letter}${String(index + 1).padStart(2, '0')}`;

/** Effect of a rare word in microvolts at each electrode and time: less at first, the N400 later. */
export const epochTruth = { Cz_200: 0, Cz_400: -1.5, Pz_200: 0, Pz_400: -2 };
const EPOCH_SD = { subject: 2, slope: 0.8, item: 1, Residual: 5 };

/**
 * Words that are read: every subject sees every item, half of them in each condition, by a Latin square. Voltages are means of a
 * window of each epoch; the same subjects and items deviate at all electrodes, in part.
 */
export function simulateEpochs({ subjects, items, seed }) {
  const draws = new Draws(seed);
  const names = Object.keys(epochTruth);
  const deviations = (count, sd) =>
    Array.from({ length: count }, () => {
      const shared = draws.normal();
      return names.map(() => sd * (0.8 * shared + 0.6 * draws.normal()));
    });
  const bySubject = deviations(subjects, EPOCH_SD.subject);
  const slopes = deviations(subjects, EPOCH_SD.slope);
  const byItem = deviations(items, EPOCH_SD.item);
  const lines = [['subject', 'item', 'word', ...names].join(',')];
  for (let s = 0; s < subjects; s++) {
    for (let i = 0; i < items; i++) {
      const rare = (s + i) % 2;
      const blink = draws.uniform() < 0.05; // an epoch that was rejected
      const voltages = names.map((name, k) => {
        const mean = bySubject[s][k] + byItem[i][k] + rare * (epochTruth[name] + slopes[s][k]);
        return (mean + EPOCH_SD.Residual * draws.normal()).toFixed(1);
      });
      if (!blink) lines.push([numbered('S', s), numbered('W', i), ['common', 'rare'][rare], ...voltages].join(','));
    }
  }
  const truth = [
    ...Object.entries(epochTruth).map(([name, effect]) => [`${name}, wordrare`, effect]),
    ...Object.entries(EPOCH_SD).map(([name, sd]) => [`sd__${name}`, sd]),
  ];
  return { table: `${lines.join('\n')}\n`, truth: truthTable(truth) };
}

/** Share of the proteins that the treatment changes, and by how much (log2). */
const CHANGED = 0.15;
const CHANGE_SD = 0.9;

/**
 * Proteins of patients before and after a treatment: log2 intensities that are missing the more often the lower they are, and the
 * number of peptides behind each, on which its variance depends.
 */
export function simulateProteins({ proteins, patients, seed }) {
  const draws = new Draws(seed);
  const samples = Array.from({ length: patients }, (_, p) => ['before', 'after'].map((time) => [p, time])).flat();
  const ages = Array.from({ length: patients }, () => Math.round(50 + 12 * draws.normal()));
  const heading = ['protein', ...samples.map(([p, time]) => `${numbered('P', p)}_${time}`)].join('\t');
  const [table, peptides] = [[heading], [heading]];
  const truth = [];
  for (let g = 0; g < proteins; g++) {
    const name = `protein${String(g + 1).padStart(3, '0')}`;
    const abundance = 24 + 2.5 * draws.normal();
    const change = draws.uniform() < CHANGED ? CHANGE_SD * draws.normal() : 0;
    const sd = 0.5 * Math.exp(0.25 * draws.normal());
    const byPatient = Array.from({ length: patients }, () => 0.5 * draws.normal());
    const [row, counts] = [[name], [name]];
    for (const [p, time] of samples) {
      const count = 1 + Math.floor(6 * draws.uniform());
      const value =
        abundance + byPatient[p] + (time === 'after' ? change : 0) + (sd / Math.sqrt(count)) * 2 * draws.normal();
      const seen = draws.uniform() > 0.5 / (1 + Math.exp(value - 22));
      row.push(seen ? value.toFixed(2) : 'NA');
      counts.push(count);
    }
    table.push(row.join('\t'));
    peptides.push(counts.join('\t'));
    truth.push([name, change]);
  }
  const annotation = samples.map(([p, time]) => [`${numbered('P', p)}_${time}`, numbered('P', p), time, ages[p]]);
  const lines = [['sample', 'patient', 'time', 'age'], ...annotation].map((fields) => fields.join('\t'));
  return {
    table: `${table.join('\n')}\n`,
    peptides: `${peptides.join('\n')}\n`,
    samples: `${lines.join('\n')}\n`,
    truth: truthTable(truth),
  };
}
