/** What the page keeps of fits by cell type and of trials: reports that cover all of it, figures and notes in plain words. */
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { probability, shortNumber } from '../../demo/src/words/number-text.ts';
import { example, type Row, rowsOf, succeed, temporaryFolder } from '../cli/command.ts';
import { pressFit, waitForFit } from './demo-page.ts';
import { describeDemo, pageHands } from './page-hands.ts';
import { type Report, reportReader } from './report-hands.ts';

const folder = temporaryFolder();

const NUMBER = (text: string | undefined): number => (text === undefined || text === 'NA' ? Number.NaN : Number(text));

describeDemo('what is kept', {}, (demo) => {
  const { exists, press, waitForText, text, openFiles, saved, commandedAll } = pageHands(demo);

  const readReport = reportReader(demo);

  describe('of a fit for each cell type', () => {
    const cells = join(folder, 'cells.h5ad');
    let tidy: readonly Row[] = [];
    let report: Report;
    beforeAll(async () => {
      const made = [
        'simulate',
        '--kind',
        'cells',
        '--genes',
        '80',
        '--cells',
        '1500',
        '--donors',
        '8',
        '--density',
        '0.3',
      ];
      await succeed(...made, '--sample-sd', '0.02', '--seed', '5', '--quiet', '--out', cells);
      await openFiles(cells);
      await exists('[data-key="split"] select');
      await demo.page.select('[data-key="split"] select', 'cell_type');
      await waitForText('.design-check .facts', 'in each of 3 cell types');
      await pressFit(demo.page);
      await waitForFit(demo.page);
      const formula = await demo.page.$eval('#formula', (box) => (box as HTMLInputElement).value);
      const [content] = await commandedAll(
        ['tidy'],
        ...['fit', cells, '--formula', formula, '--normalize', 'log1p-cp10k', '--split-by', 'cell_type'],
      );
      tidy = rowsOf(content).filter(({ term }) => term === 'stimstim');
      report = await readReport();
    });

    it('counts genes and cell types before the fit', async () => {
      expect(await text('.design-check .facts')).toMatch(/^80 genes in each of 3 cell types/);
    });

    it('says what was found in each, as the command has it', () => {
      const rows = report.tables.get('What was found in each cell type') ?? [];
      const wanted = ['A', 'B', 'C'].map((type) => {
        const own = tidy.filter((row) => row['split'] === type && !Number.isNaN(NUMBER(row['p.value'])));
        const found = own.filter((row) => NUMBER(row['p.adjusted']) <= 0.05);
        const up = found.filter((row) => NUMBER(row['estimate']) > 0).length;
        return [type, found.length, up, found.length - up, own.length, 80].map(String);
      });
      expect(rows.slice(1)).toEqual(wanted);
      expect(wanted.some(([, found]) => Number(found) > 0)).toBe(true);
    });

    it('draws all of them, and names each figure’s', () => {
      expect(report.captions).toHaveLength(2 + 6 + 1 + 1);
      const volcanoes = report.captions.filter((caption) => caption.startsWith('Volcano'));
      expect(
        volcanoes.map((caption) => /^Volcano: stim − ctrl, log units, cell type ([A-C])\./.exec(caption)?.[1]),
      ).toEqual(['A', 'B', 'C']);
      for (const caption of report.captions) expect(caption).toMatch(/, cell type [A-C]\.|, by cell type\./);
      expect(report.headings.join('\n')).not.toContain('stimstim');
      const volcano = report.drawings[report.captions.indexOf(volcanoes[1])];
      expect(volcano.split('\n')).toContain('stim − ctrl, log units');
      for (const drawing of report.drawings) expect(drawing).not.toMatch(/arrow keys|Enter opens/i);
    });

    it('lists the strongest genes of each', () => {
      for (const type of ['A', 'B', 'C']) {
        const own = tidy
          .filter((row) => row['split'] === type && !Number.isNaN(NUMBER(row['log10p'])))
          .sort((a, b) => NUMBER(a['log10p']) - NUMBER(b['log10p']));
        const listed = type === 'A' ? own.length : 50;
        const title =
          own.length > listed
            ? `The ${listed} genes with the smallest p`
            : `All ${listed} genes with a p, the smallest first`;
        const rows = report.tables.get(`${title}, cell type ${type}`) ?? [];
        expect(rows).toHaveLength(listed + 1);
        const [best] = own;
        expect(rows[1].slice(0, 2)).toEqual([best['response'], shortNumber(NUMBER(best['estimate']))]);
        expect(rows[1][5]).toBe(probability(NUMBER(best['log10p'])));
      }
    });

    it('scrolls tables, not the page, and cuts nothing off on paper', () => {
      expect(report.narrow).toBe(390);
      expect(report.cut).toBe(0);
    });

    it('saves the figures of all types from the tab of files', async () => {
      for (const name of ['overview.bars', 'overview.dots']) {
        const svg = await saved(`${name} svg`, new RegExp(`${name}\\.svg$`));
        expect(svg).toMatch(/^<svg[^>]*role="img"/);
        expect(svg).not.toMatch(/arrow keys/i);
        expect(svg).toContain('cell type');
      }
      const volcano = await saved('volcano svg', /A\.volcano\.svg$/);
      expect(volcano).toContain('Volcano: stim − ctrl');
      expect(demo.errors).toEqual([]);
    });
  });

  it('has the F tests of a trial, its differences at each visit, and the limits of the page', async () => {
    await openFiles(example('trial.csv'));
    await exists('#take-trial');
    await press('#take-trial');
    await waitForText('#effect-list', 'visit week12');
    await pressFit(demo.page);
    await waitForFit(demo.page);
    await exists('.plot.trajectories canvas');
    await exists('.intervals select');
    expect(await text('.intervals')).toMatch(/from standard errors .* standard deviations and correlations too/);
    await demo.page.select('.intervals select', 'profile');
    await press('[data-action="intervals"]');
    await exists('#intervals-table');
    expect(await text('#coefficients-table thead')).toContain('95 % interval (Wald)');
    const report = await readReport();
    const model = [
      'fit',
      example('trial.csv'),
      '--formula',
      'score ~ arm * visit',
      '--residual',
      'us(visit | subject)',
    ];
    const asked = ['--emmeans', 'arm | visit', '--pairs-reverse', '--conf-int'];
    const [anova, means, pairs, tidy] = await commandedAll(['anova', 'emmeans', 'pairs', 'tidy'], ...model, ...asked);
    const [profiles] = await commandedAll(['tidy'], ...model, '--conf-int', '--conf-method', 'profile');
    const limits = (row: Row): string[] => [row['conf.low'], row['conf.high']].map((one) => shortNumber(NUMBER(one)));
    const varying = rowsOf(tidy).filter(({ effect }) => effect === 'ran_pars');
    expect(varying).toHaveLength(10);
    expect(report.tables.get('what varies')?.map((row) => row.slice(2))).toEqual([
      ['estimate', '95 % interval (Wald)'],
      ...varying.map((row) => [shortNumber(NUMBER(row['estimate'])), limits(row).join(' to ')]),
    ]);
    expect(report.tables.get('Profile intervals, 95 %')?.map((row) => row.slice(2))).toEqual([
      ['From', 'To'],
      ...rowsOf(profiles).map(limits),
    ]);
    expect(report.headings).not.toContain('Models');
    for (const [name, value] of [
      ...[
        ['subject', '80'],
        ['rows', '277 of 277'],
        ['weights', 'none'],
        ['residuals', 'us(visit | subject)'],
      ],
    ]) {
      expect(report.facts.get(name), name).toBe(value);
    }
    expect(report.facts.get('fitted')).toMatch(/^\d/);
    expect(report.facts.has('the formula')).toBe(false);
    const table = (start: string): readonly (readonly string[])[] =>
      [...report.tables].find(([name]) => name.startsWith(start))?.[1].slice(1) ?? [];
    const short = (row: Row, ...names: readonly string[]): string[] =>
      names.map((name) => shortNumber(NUMBER(row[name])));
    expect(table('F tests of the terms').map((row) => row.slice(0, 4))).toEqual(
      rowsOf(anova).map((row) => [row['term'], ...short(row, 'num.df', 'den.df', 'statistic')]),
    );
    expect(table('Means').map((row) => row.slice(0, 5))).toEqual(
      rowsOf(means).map((row) => [row['arm'], row['visit'], ...short(row, 'estimate', 'std.error', 'df')]),
    );
    expect(table('Differences').map((row) => row.slice(0, 5))).toEqual(
      rowsOf(pairs).map((row) => ['treated − placebo', row['visit'], ...short(row, 'estimate', 'std.error', 'df')]),
    );
    expect(rowsOf(pairs)).toHaveLength(4);
    expect(report.captions.filter((caption) => caption.includes('means by visit and arm'))).toHaveLength(1);
    expect(report.narrow).toBe(390);
    expect(demo.errors).toEqual([]);
  });

  it('has straight courses where time is a number, with their slopes', async () => {
    await openFiles(example('visits.csv'));
    await exists('#run:not([disabled])');
    await pressFit(demo.page);
    await waitForFit(demo.page);
    const report = await readReport();
    const model = ['fit', example('visits.csv'), '--formula', 'y ~ time * arm + (time | subject)'];
    const [slopes] = await commandedAll(
      ['pairs'],
      ...[...model, '--emmeans', 'arm', '--slopes', 'time', '--pairs-reverse', '--conf-int'],
    );
    const [row] = rowsOf(slopes);
    const tables = [...report.tables].filter(([name]) => name.startsWith('Differences'));
    expect(report.headings).toContain('Slopes by time');
    expect(tables.flatMap(([, rows]) => rows.map((cells) => cells.join(' ')))).toContainEqual(
      expect.stringContaining(`treated − placebo ${shortNumber(NUMBER(row['estimate']))}`),
    );
    expect(demo.errors).toEqual([]);
  });
});
