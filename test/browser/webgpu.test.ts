import { afterAll, beforeAll, expect, it } from 'vitest';
import { FINISHES, fit as fitTable, STATUSES, simulateVisits } from '../../src/doors/index.ts';
import { relative } from '../lmm/comparison.ts';
import { describeUnless, findTestBrowser } from '../requirements.ts';
import { TOLERANCE } from '../tolerance.ts';
import { type BrowserPage, openPage, SOFTWARE_WEBGPU } from './page.ts';

const { browser, lacking } = findTestBrowser();
// A global of the page.
declare const library: typeof import('../../src/doors/index.ts');

const SEARCH_CPU = 0;
const SEARCH_WEBGPU = 1;

interface Trial {
  readonly subjects: number;
  readonly visits: number;
  readonly responses: number;
  readonly seed: number;
  readonly missing?: number;
  readonly jitter?: number;
}

/** Unbalanced, or the coefficients would not depend on the variances: visits are missing, or at times of their own. */
const BATCHES: readonly (readonly [string, string, Trial])[] = [
  [
    'random intercepts',
    'time * arm + age + (1 | subject)',
    { subjects: 40, visits: 6, responses: 1000, seed: 3, missing: 0.2 },
  ],
  [
    'random slopes',
    'time * arm + age + (time | subject)',
    { subjects: 40, visits: 6, responses: 300, seed: 4, missing: 0.2 },
  ],
  [
    'random slopes, all levels different',
    'time * arm + age + (time | subject)',
    { subjects: 30, visits: 6, responses: 200, seed: 5, jitter: 0.2 },
  ],
];

/** Fits a trial in the page on each backend. */
function fitOnBoth({ page }: BrowserPage, terms: string, trial: Trial) {
  return page.evaluate(
    async (right, options) => {
      const { table } = library.simulateVisits(options);
      const names = Array.from({ length: options.responses }, (_, k) => `y${k + 1}`);
      const run = async (backend: 'cpu' | 'webgpu') => {
        const formula = `cbind(${names.join(', ')}) ~ ${right}`;
        const { table: fits, notes } = await library.fit(table, { formula, backend, threads: 1 });
        return {
          backend: fits.backend,
          device: fits.device,
          notes,
          status: Array.from(fits.status),
          search: Array.from(fits.search),
          finish: Array.from(fits.finish),
          criterion: Array.from(fits.criterion),
          estimate: Array.from(fits.coefficients.estimate),
          standardError: Array.from(fits.coefficients.standardError),
          df: Array.from(fits.coefficients.df),
        };
      };
      return { device: await run('webgpu'), cpu: await run('cpu') };
    },
    terms,
    trial,
  );
}

describeUnless(lacking, 'WebGPU in Chromium', () => {
  let opened: BrowserPage;
  beforeAll(async () => {
    opened = await openPage(browser ?? '', { flags: SOFTWARE_WEBGPU });
  });
  afterAll(() => opened.close());

  it.each(BATCHES)('fits %s as the CPU does', async (_name, terms, trial) => {
    const { device, cpu } = await fitOnBoth(opened, terms, trial);
    const { responses } = trial;
    const all = (value: number) => new Array<number>(responses).fill(value);
    expect([device.backend, cpu.backend, cpu.device]).toEqual(['webgpu', 'cpu', null]);
    expect(device.device).toMatch(/swiftshader/i);
    expect(device.notes).toEqual(cpu.notes); // a device that was given up is a note
    expect(device.status).toEqual(all(STATUSES.indexOf('ok')));
    expect(cpu.status).toEqual(device.status);
    expect(device.search).toEqual(all(SEARCH_WEBGPU));
    expect(cpu.search).toEqual(all(SEARCH_CPU));
    expect(cpu.finish).toEqual(all(FINISHES.indexOf('cpu')));
    const finished = (finish: (typeof FINISHES)[number]) =>
      device.finish.filter((code) => FINISHES[code] === finish).length;
    expect(finished('cpu-refit')).toBeLessThanOrEqual(TOLERANCE.device.refits * responses);
    expect(finished('host') + finished('cpu-refit')).toBe(responses);

    const worst = { criterion: 0, estimate: 0, standardError: 0, df: 0 };
    const note = (key: keyof typeof worst, difference: number) => {
      if (!(difference <= worst[key])) worst[key] = difference;
    };
    cpu.criterion.forEach((value, k) => {
      note('criterion', relative(value, device.criterion[k]));
    });
    expect(cpu.estimate).toHaveLength(5 * responses);
    cpu.estimate.forEach((value, i) => {
      note('estimate', Math.abs(value - device.estimate[i]) / cpu.standardError[i]);
      note('standardError', relative(cpu.standardError[i], device.standardError[i]));
      note('df', relative(cpu.df[i], device.df[i]));
    });
    expect(worst.criterion).toBeLessThan(TOLERANCE.device.criterion);
    expect(worst.estimate).toBeLessThan(TOLERANCE.device.coefficient);
    expect(worst.standardError).toBeLessThan(TOLERANCE.device.standardError);
    expect(worst.df).toBeLessThan(TOLERANCE.device.df);
  });

  it('opens the device once and says what its arithmetic is good for', async () => {
    const { same, software, limits, report } = await opened.page.evaluate(async () => {
      const gpu = await library.openDevice();
      return {
        same: (await library.openDevice()) === gpu,
        software: gpu.adapter.software,
        limits: gpu.limits,
        report: await library.probeDevice(gpu),
      };
    });
    expect([same, software]).toEqual([true, true]);
    expect(limits.maxStorageBufferBindingSize).toBeGreaterThanOrEqual(2 ** 27); // WebGPU's least
    expect(report.runtime).toMatch(/Chrome/);
    expect(report.variants.map(({ name }) => name)).toEqual(['df64-opaque', 'df64-xor', 'df64-fma', 'f32']);
    for (const { name, passed, failure, checks } of report.variants) {
      expect(failure, name).toBeNull();
      expect(checks.length, name).toBeGreaterThanOrEqual(20);
      expect(
        checks.every(({ worst, bound }) => worst <= bound),
        name,
      ).toBe(passed);
    }
    // The first exact one, or none: whichever this version of the browser's compiler leaves.
    const exact = report.variants.find(({ passed }) => passed)?.name ?? null;
    expect(report.facts.philoxMismatches).toBe(0);
    expect(report.chosen).toBe(exact);
  });

  it('stops at the signal before it starts, when it has just started and between chunks, and fits afterwards', async () => {
    const outcome = await opened.page.evaluate(async () => {
      const responses = 6000; // the first chunk has 2048
      const { table } = library.simulateVisits({ subjects: 20, visits: 4, responses, seed: 6, missing: 0.1 });
      const names = Array.from({ length: responses }, (_, k) => `y${k + 1}`);
      const formula = `cbind(${names.join(', ')}) ~ time + (1 | subject)`;
      const run = (controller: AbortController, onProgress?: (phase: 'read' | 'fit', done: number) => void) =>
        library
          .fit(table, { formula, backend: 'webgpu', threads: 1, signal: controller.signal, onProgress })
          .then(({ table: fits }) => `${fits.search.filter((code) => code === 1).length} on the device`)
          .catch((error: unknown) => (library.isFitError(error) ? error.tag : String(error)));

      const early = new AbortController();
      early.abort();
      const before = await run(early);

      (await library.openDevice()).destroy();
      const first = new AbortController();
      const pending = run(first);
      first.abort();
      const started = await pending;

      const late = new AbortController();
      const done: number[] = [];
      const between = await run(late, (_phase, models) => {
        done.push(models);
        late.abort();
      });
      return { before, started, between, done, afterwards: await run(new AbortController()) };
    });
    const { before, started, between, done, afterwards } = outcome;
    expect([before, started, between]).toEqual(['AbortError', 'AbortError', 'AbortError']);
    expect(done).toEqual([2048]);
    expect(afterwards).toBe('6000 on the device');
  });

  it('raises no error on the page', () => {
    expect(opened.errors).toEqual([]);
  });
});

const WITHOUT = [
  ['an adapter', { flags: ['--disable-gpu'] }, /^no WebGPU adapter/, /driver.*CPU backend/],
  ['a secure page', { flags: SOFTWARE_WEBGPU, host: 'insecure.test' }, /no WebGPU$/, /secure page.*CPU backend/],
] as const;

for (const [name, options, message, remedy] of WITHOUT) {
  describeUnless(lacking, `Chromium without ${name}`, () => {
    const FORMULA = 'cbind(y1, y2) ~ time * arm + age + (time | subject)';
    const TRIAL = { subjects: 40, visits: 6, responses: 2, seed: 3 };
    let opened: BrowserPage;
    beforeAll(async () => {
      opened = await openPage(browser ?? '', options);
    });
    afterAll(() => opened.close());

    it('refuses a forced device and says what to do', async () => {
      const refusals = await opened.page.evaluate(
        (formula, trial) => {
          const { table } = library.simulateVisits(trial);
          const refusal = (work: Promise<unknown>) =>
            work.then(
              () => null,
              (error: unknown) =>
                library.isFitError(error, 'DeviceError')
                  ? { message: error.message, remedy: error.fields.remedy }
                  : { message: String(error), remedy: undefined },
            );
          return Promise.all([
            refusal(library.fit(table, { formula, backend: 'webgpu', threads: 1 })),
            refusal(library.openDevice()),
          ]);
        },
        FORMULA,
        TRIAL,
      );
      for (const refusal of refusals) {
        expect(refusal?.message).toMatch(message);
        expect(refusal?.remedy).toMatch(remedy);
      }
    });

    it("fits on the CPU with backend 'auto'", async () => {
      const here = await fitTable(simulateVisits(TRIAL).table, { formula: FORMULA, threads: 1 });
      const there = await opened.page.evaluate(
        async (formula, trial) => {
          const { table } = library.simulateVisits(trial);
          const { table: fits } = await library.fit(table, { formula, backend: 'auto', threads: 1 });
          return {
            ran: [fits.backend, fits.device, ...fits.search],
            numbers: [...fits.criterion, ...fits.coefficients.estimate],
          };
        },
        FORMULA,
        TRIAL,
      );
      expect(there.ran).toEqual(['cpu', null, SEARCH_CPU, SEARCH_CPU]);
      const expected = [...here.table.criterion, ...here.table.coefficients.estimate];
      expect(there.numbers).toHaveLength(expected.length);
      there.numbers.forEach((value, i) => {
        expect(relative(value, expected[i])).toBeLessThan(TOLERANCE.betweenEngines);
      });
    });

    it('raises no error on the page', () => {
      expect(opened.errors).toEqual([]);
    });
  });
}
