import type { Column, Table } from '../types/table.ts';
import { checkCount, checkRange, checkSeed } from './option-checks.ts';
import { Random, STREAM } from './random.ts';

/** What {@link simulateVisits} can be asked for. */
export interface VisitOptions {
  readonly subjects: number;
  readonly visits: number; // planned visits of each subject
  readonly responses?: number; // 1: column `y`; more: `y1`, `y2` ...
  readonly seed?: number; // 1
  /** Share of the visits that did not take place: their rows are absent. A subject keeps at least one. */
  readonly missing?: number; // 0
  /** Share of the response values that are NaN, per response. */
  readonly missingValues?: number; // 0
  /** Spread of the time of a visit around its plan, in visits; times have two decimals. */
  readonly jitter?: number; // 0
}

/** A simulated trial. */
export interface SimulatedVisits {
  /** One row a visit that took place: `subject`, `arm`, `age`, `visit`, `time`, and the responses. */
  readonly table: Table;
  /**
   * One row a response, columns named as a fit of `y ~ time * arm + age + (time | subject)` names its estimates, with
   * `sd__(Intercept)`, `sd__time`, `cor__(Intercept).time` for the subjects and `sd__Observation`.
   */
  readonly truth: Table;
}

/** Names and usual values of the true parameters; the single response `y` has exactly these. */
const PARAMETERS = {
  '(Intercept)': 30,
  time: 1.5,
  armtreated: 0,
  age: 0.1,
  'time:armtreated': -1,
  'sd__(Intercept)': 4,
  sd__time: 0.8,
  'cor__(Intercept).time': 0.3,
  sd__Observation: 2,
} as const;
type Parameter = keyof typeof PARAMETERS;
const NAMES = Object.keys(PARAMETERS) as readonly Parameter[]; // the keys of a literal

/** Spread over the responses of the true coefficients, where there are several. */
const COEFFICIENT_SD: Partial<Record<Parameter, number>> = { '(Intercept)': 5, time: 0.5, age: 0.05 };
/** Share of several responses that respond to treatment, and the spread of those effects on the slope. */
const RESPONDING = 0.3;
const RESPONSE_SD = 1;
/** Spread over the responses of the log of each standard deviation. */
const LOG_SD_SPREAD = 0.3;

/** The subjects: treatment alternates in random order, ages are whole years from 20 to 75. */
interface Subjects {
  readonly arm: Int32Array;
  readonly age: Float64Array;
}

/**
 * Simulates repeated measures with correlated random intercepts and slopes:
 *
 *     y = b0 + b1 time + b2 [treated] + b3 age + b4 time [treated] + u0 + u1 time + e
 *
 * with time 0 at the first visit, (u0, u1) normal with the sds and correlation of the truth, e ~ N(0, sigma^2).
 *
 * @throws FitError with tag OptionError for sizes and shares that make no sense.
 */
export function simulateVisits(options: VisitOptions): SimulatedVisits {
  const { subjects, visits, responses = 1, seed = 1, missing = 0, missingValues = 0, jitter = 0 } = options;
  checkCount('subjects', subjects, 1);
  checkCount('visits', visits, 1);
  checkCount('responses', responses, 1);
  checkSeed(seed);
  checkRange('missing', missing, 0, 1);
  checkRange('missingValues', missingValues, 0, 1);
  checkRange('jitter', jitter, 0, 1);

  const people = drawSubjects(subjects, seed);
  const rows = drawRows(subjects, visits, missing, jitter, seed);
  const names = responses === 1 ? ['y'] : Array.from({ length: responses }, (_, response) => `y${response + 1}`);
  const truths = names.map((_, response) => drawTruth(seed, response, responses));
  const digits = String(subjects).length;
  const levels = Array.from({ length: subjects }, (_, i) => `S${String(i + 1).padStart(digits, '0')}`);
  const numeric = (values: Float64Array): Column => ({ kind: 'numeric', values });
  const columns = new Map<string, Column>([
    ['subject', { kind: 'factor', levels, codes: rows.subject, ordered: false }],
    [
      'arm',
      {
        kind: 'factor',
        levels: ['placebo', 'treated'],
        codes: rows.subject.map((subject) => people.arm[subject]),
        ordered: false,
      },
    ],
    ['age', numeric(Float64Array.from(rows.subject, (subject) => people.age[subject]))],
    ['visit', numeric(rows.visit)],
    ['time', numeric(rows.time)],
  ]);
  names.forEach((name, response) => {
    const random = new Random(seed, STREAM.visitResponses, response);
    columns.set(name, numeric(drawResponse(truths[response], people, rows, missingValues, random)));
  });
  const truth = new Map<string, Column>(
    NAMES.map((name) => [name, numeric(Float64Array.from(truths, (values) => values[name]))]),
  );
  return {
    table: { rows: rows.time.length, columns },
    truth: { rows: responses, columns: truth, rowNames: names },
  };
}

function drawSubjects(subjects: number, seed: number): Subjects {
  const random = new Random(seed, STREAM.visitSubjects);
  const arm = new Int32Array(subjects);
  let treated = Math.floor(subjects / 2);
  for (let subject = 0; subject < subjects; subject++) {
    if (random.uniform() * (subjects - subject) >= treated) continue;
    arm[subject] = 1;
    treated--;
  }
  return { arm, age: Float64Array.from({ length: subjects }, () => 20 + random.integer(56)) };
}

/** The visits that took place: subject (from 0), planned visit (from 1), time (from about 0). */
interface VisitRows {
  readonly subject: Int32Array;
  readonly visit: Float64Array;
  readonly time: Float64Array;
}

function drawRows(subjects: number, visits: number, missing: number, jitter: number, seed: number): VisitRows {
  const random = new Random(seed, STREAM.visitRows);
  const subject: number[] = [];
  const visit: number[] = [];
  const time: number[] = [];
  for (let s = 0; s < subjects; s++) {
    const kept = random.integer(visits);
    for (let v = 0; v < visits; v++) {
      const absent = random.uniform() < missing && v !== kept;
      // Baseline is where time starts; the other visits miss their day.
      const late = v === 0 ? 0 : jitter * random.normal();
      if (absent) continue;
      subject.push(s);
      visit.push(v + 1);
      time.push(Math.max(0, Math.round((v + late) * 100) / 100));
    }
  }
  return { subject: Int32Array.from(subject), visit: Float64Array.from(visit), time: Float64Array.from(time) };
}

type Truth = Record<Parameter, number>;

/** The true parameters of one response: the usual ones if it is the only one, else drawn around them. */
function drawTruth(seed: number, response: number, responses: number): Truth {
  const truth: Truth = { ...PARAMETERS };
  if (responses === 1) return truth;
  const random = new Random(seed, STREAM.visitTruth, response);
  for (const name of NAMES) {
    const z = random.normal();
    const u = random.uniform();
    if (name === 'time:armtreated') truth[name] = u < RESPONDING ? RESPONSE_SD * z : 0;
    else if (name.startsWith('sd__')) truth[name] *= Math.exp(LOG_SD_SPREAD * z);
    else if (name === 'cor__(Intercept).time') truth[name] = 1.6 * u - 0.8;
    else truth[name] += (COEFFICIENT_SD[name] ?? 0) * z;
  }
  return truth;
}

function drawResponse(
  truth: Truth,
  people: Subjects,
  rows: VisitRows,
  missingValues: number,
  random: Random,
): Float64Array {
  const correlation = truth['cor__(Intercept).time'];
  const intercepts = new Float64Array(people.arm.length);
  const slopes = new Float64Array(people.arm.length);
  for (let subject = 0; subject < people.arm.length; subject++) {
    const a = random.normal();
    const b = correlation * a + Math.sqrt(1 - correlation * correlation) * random.normal();
    const treated = people.arm[subject];
    intercepts[subject] =
      truth['(Intercept)'] +
      truth.armtreated * treated +
      truth.age * people.age[subject] +
      truth['sd__(Intercept)'] * a;
    slopes[subject] = truth.time + truth['time:armtreated'] * treated + truth.sd__time * b;
  }
  return Float64Array.from(rows.subject, (subject, row) => {
    const error = truth.sd__Observation * random.normal();
    const absent = random.uniform() < missingValues;
    return absent ? Number.NaN : intercepts[subject] + slopes[subject] * rows.time[row] + error;
  });
}
