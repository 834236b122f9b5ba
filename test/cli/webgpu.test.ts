import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeUnless } from '../requirements.ts';
import { TOLERANCE } from '../tolerance.ts';
import { findDevice } from '../webgpu/open-device.ts';
import { example, run, runProcess, succeed, temporaryFolder } from './command.ts';

interface Output {
  readonly backend: string;
  readonly device: string | null;
  readonly models: readonly {
    readonly search: string;
    readonly finish: string;
    readonly criterion: number | null;
    readonly coefficients: readonly { readonly estimate: number; readonly se: number }[];
  }[];
}

const { lacking } = await findDevice();

const INTERCEPT = ['--formula', '~ stim + (1 | donor)', '--normalize', 'log1p-cp10k'];

// The command has the adapter that this process has.
describeUnless(lacking, 'on a device', () => {
  it('fits as the CPU does, and says what searched and what finished', async () => {
    const folder = temporaryFolder();
    const cells = ['fit', example('cells'), '--obs', example('cells/obs.tsv'), ...INTERCEPT];
    const read = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Output;
    await succeed(...cells, '--out', join(folder, 'cpu.json'), '--backend', 'cpu');
    const device = await succeed(...cells, '--out', join(folder, 'webgpu.json'), '--backend', 'webgpu', '--explain');
    expect(device.stderr).toMatch(/f32 search, float64 finish/);
    const cpu = read('cpu.json');
    const gpu = read('webgpu.json');
    expect([cpu.backend, gpu.backend]).toEqual(['cpu', 'webgpu']);
    expect(gpu.device).toMatch(/\w/);
    gpu.models.forEach((model, m) => {
      const other = cpu.models[m];
      if (other.criterion === null || model.criterion === null) {
        expect(model.criterion).toBe(other.criterion);
        return;
      }
      expect(model.search).toBe('webgpu');
      expect(['host', 'cpu-refit']).toContain(model.finish);
      expect(Math.abs(model.criterion - other.criterion) / (1 + Math.abs(other.criterion))).toBeLessThan(
        TOLERANCE.enginesCriterion,
      );
      model.coefficients.forEach(({ estimate, se }, k) => {
        expect(Math.abs(estimate - other.coefficients[k].estimate) / se).toBeLessThan(TOLERANCE.engines);
      });
    });
  });

  it('fits shards and goes on after a kill as it fits all at once', async () => {
    const folder = temporaryFolder();
    const file = (name: string) => join(folder, name);
    const read = (name: string) => JSON.parse(readFileSync(file(name), 'utf8')) as Output;
    const cells = ['fit', example('cells'), '--obs', example('cells/obs.tsv'), ...INTERCEPT, '--min-cells', '100'];
    const parts = [1, 2, 3].map((k) => file(`${k}.part`));
    await succeed(...cells, '--backend', 'webgpu', '--out', file('whole.json'));
    for (const [k, part] of parts.entries()) {
      await succeed(...cells, '--backend', 'webgpu', '--shard', `${k + 1}/3`, '--save-part', part);
    }
    await succeed('gather', ...parts, '--out', file('gathered.json'));
    await succeed(...cells, '--backend', 'webgpu', '--resume', '--out', file('kept.json'));
    const whole = read('whole.json');
    for (const other of [read('gathered.json'), read('kept.json')]) {
      expect([other.backend, other.device]).toEqual(['webgpu', whole.device]);
      expect(other.models).toHaveLength(whole.models.length);
      other.models.forEach(({ search, criterion }, m) => {
        expect(search).toBe(whole.models[m].search);
        const difference = Math.abs((criterion ?? 0) - (whole.models[m].criterion ?? 0));
        expect(difference / (1 + Math.abs(criterion ?? 0))).toBeLessThan(TOLERANCE.enginesCriterion);
      });
    }
    // Shards of another backend are shards of another run.
    await succeed(...cells, '--shard', '2/3', '--save-part', parts[1]);
    const mixed = await run(['gather', ...parts]);
    expect(mixed.status).toBe(2);
    expect(mixed.stderr).toMatch(/they differ in options: --backend/);
  });

  it('finishes on several threads as on one', async () => {
    const folder = temporaryFolder();
    const table = join(folder, 'visits.csv');
    const size = ['--subjects', '12', '--visits', '8', '--responses', '700', '--seed', '3'];
    await succeed('simulate', '--kind', 'visits', ...size, '--out', table);
    const read = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Output;
    const models = ['--formula', '~ time + (1 | subject) + (1 | visit)', '--factor', 'visit', '--responses', '/^y/'];
    for (const threads of ['1', '2']) {
      const out = join(folder, `${threads}.json`);
      await succeed(
        'fit',
        table,
        ...models,
        '--backend',
        'webgpu',
        '--threads',
        threads,
        '--omit',
        'ranef,vcov',
        '--out',
        out,
      );
    }
    const { models: one } = read('1.json');
    expect(one.length).toBe(700);
    expect(one.filter(({ search }) => search === 'webgpu').length).toBe(700);
    expect(read('2.json').models).toEqual(one);
  });

  it('is described by devices', async () => {
    const { stdout } = await succeed('devices');
    expect(stdout).toMatch(/^adapter: /);
    expect(stdout).toMatch(/df64-opaque: /);
    expect(stdout).toMatch(/maxBufferSize \d+/);
  });

  it('says aloud which models it leaves to the CPU, and why', async () => {
    const folder = temporaryFolder();
    const out = join(folder, 'fits.json');
    const formula = 'y ~ time + (time + I(time^2) + I(time^3) + age + I(age * time) + I(age^2) | arm)';
    const { stderr } = await run([
      'fit',
      example('visits.csv'),
      '--formula',
      formula,
      '--backend',
      'webgpu',
      '--out',
      out,
    ]);
    expect(stderr).toMatch(
      /device: 7 random effects a level, more than the 6 that the device takes: 1 of 1 fits on the CPU/,
    );
    expect((JSON.parse(readFileSync(out, 'utf8')) as Output).models[0].search).toBe('cpu');
  });

  it('fits crossed factors', async () => {
    const folder = temporaryFolder();
    const out = join(folder, 'fits.json');
    const formula = 'y ~ time + arm + (1 | subject) + (1 | visit)';
    await succeed(
      'fit',
      example('visits.csv'),
      '--formula',
      formula,
      '--factor',
      'visit',
      '--backend',
      'webgpu',
      '--out',
      out,
    );
    expect((JSON.parse(readFileSync(out, 'utf8')) as Output).models[0].search).toBe('webgpu');
  });
});

it('a forced device that is not there is an error, never a silent fallback', async () => {
  const folder = temporaryFolder();
  const out = join(folder, 'fits.tsv');
  const args = ['fit', example('visits.csv'), '--formula', 'y ~ time + (1 | subject)', '--backend', 'webgpu'];
  // No Vulkan driver at all, whatever the machine has (Dawn itself complains first).
  const outcome = await runProcess([...args, '--out', out], {
    environment: { VK_ICD_FILENAMES: join(folder, 'none.json'), VK_DRIVER_FILES: join(folder, 'none.json') },
  });
  // Windows and macOS have other ways to a GPU: there it may be found after all.
  if (outcome.status === 0 && process.platform !== 'linux') return;
  expect(outcome.status).toBe(1);
  expect(outcome.stderr).toMatch(/^error: no WebGPU adapter/m);
  expect(outcome.stderr).toMatch(/--backend cpu/);
  expect(existsSync(out)).toBe(false);
});
