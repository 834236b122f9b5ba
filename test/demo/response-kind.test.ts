/** The page takes a response, its kind and its model from data that are small, spoilt or do not belong together. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { succeed } from '../cli/command.ts';
import { chooseFiles, typeFormula, waitForText } from './demo-page.ts';
import { describeDemo, pageHands } from './page-hands.ts';

/** Text of a table. */
function csv(header: string, rows: number, row: (i: number) => readonly (string | number)[]): string {
  return [header, ...Array.from({ length: rows }, (_, i) => row(i).join(','))].join('\n');
}

/** Numbers without a pattern between 0 and 1. */
const noise = (i: number): number => ((i * 7919 + 104729) % 997) / 997;
const unit = (i: number): number => Math.floor(i / 4);

/** 40 subjects of two arms at 4 visits: a yes or no, grades, and an age. */
const answers = csv('subject,visit,arm,age,cured,grade', 160, (i) => [
  `S${unit(i)}`,
  1 + (i % 4),
  unit(i) % 2 === 0 ? 'control' : 'drug',
  30 + unit(i),
  noise(i) > 0.5 ? 1 : 0,
  ['none', 'mild', 'severe'][Math.floor(3 * noise(i + 3))],
]);
const spoilt = csv('patient,arm,visit,base,score,change', 160, (i) => [
  `P${unit(i)}`,
  unit(i) % 2 === 0 ? 'placebo' : 'drug',
  `week ${2 * (1 + (i % 4))}`,
  50 + unit(i) / 10,
  i === 3 ? 'n.d.' : (50 + noise(i)).toFixed(2),
  noise(i + 5).toFixed(2),
]);
const aliquots = csv('patient,treatment,sample,crp', 40, (i) => [
  `P${Math.floor(i / 8)}`,
  i % 8 < 4 ? 'before' : 'after',
  `S${1 + (i % 4)}`,
  (10 + 5 * noise(i)).toFixed(2),
]);

describeDemo('what the page takes for the response', {}, (demo) => {
  const { text, openFiles, setLabelled, fitted, exists } = pageHands(demo);
  const file = (name: string, content: string): string => {
    const path = join(demo.downloads, name);
    writeFileSync(path, content);
    return path;
  };
  const formula = (): Promise<string> => demo.page.$eval('#formula', (box) => (box as HTMLInputElement).value);
  const family = (): Promise<string> =>
    demo.page.$eval('[data-key="family"] select', (box) => (box as HTMLSelectElement).value);
  const respond = (name: string): Promise<void> => setLabelled('Response', name, '.builder');

  it('is that of the command, of a small table and of one that a text spoils', async () => {
    for (const [name, content, left] of [
      ['aliquots.csv', aliquots, 'crp'],
      ['spoilt.csv', spoilt, 'score'],
    ]) {
      const path = file(name, content);
      await openFiles(path);
      const { stdout } = await succeed('design', path);
      const recommended = /^ {2}(\S.*)\n {6}recommended/m.exec(stdout)?.[1] ?? '';
      expect(recommended).toMatch(new RegExp(`^${left} ~`));
      expect(await formula()).toBe(recommended);
      expect(await family()).toBe('gaussian');
      if (left === 'score') expect(stdout).toContain("'score' is text because of 'n.d.' in line 5");
    }
    await waitForText(demo.page, '#formula-error', "'score' holds 'n.d.' in line 5, which makes it text");
    expect(await text('#formula-error')).toContain('leave the cell empty');
  });

  it('brings its kind along where it is typed, unless another was chosen', async () => {
    await openFiles(file('answers.csv', answers));
    expect([await formula(), await family()]).toEqual(['grade ~ visit * arm + (visit | subject)', 'cumulative']);
    await typeFormula(demo.page, 'age ~ arm + (1 | subject)');
    expect(await family()).toBe('gaussian');
    await waitForText(demo.page, '.warnings', "'age' is the same in all rows of each level of 'subject'");
    expect(await demo.page.$('#trial-proposal')).toBeNull();
    await typeFormula(demo.page, 'grade ~ arm + (1 | subject)');
    expect(await family()).toBe('cumulative');
    await demo.page.select('[data-key="family"] select', 'poisson');
    await typeFormula(demo.page, 'cured ~ arm + (1 | subject)');
    expect(await family()).toBe('poisson');
    expect(await text('#family-proposal')).toContain(
      "The kind of response is as it was chosen: counts. By its values 'cured' is usually taken as yes or no.",
    );
  });

  it('is yes or no of 0 and 1, with the recommended model however it is written, and its own levels alone', async () => {
    await openFiles(file('answers-again.csv', answers));
    await respond('cured');
    expect(await family()).toBe('binomial');
    expect(await text('#family-proposal')).toBe("'cured' is 0 or 1: the odds of 1 are modelled.");
    await typeFormula(demo.page, 'cured ~ arm * visit + (visit | subject)');
    await waitForText(demo.page, '.formula-choice.recommended.chosen', 'The formula above is this one');
    expect(await text('#formula-choices')).not.toContain('none of them');
    await demo.page.select('[data-key="family"] select', 'gaussian');
    expect(await text('#family-proposal')).toMatch(
      /^'cured' is 0 or 1\. Taken as yes or no, the odds of 1 are modelled\./,
    );
    expect(await demo.page.$('#trial-proposal')).toBeNull();
    await fitted('cured ~ arm + (1 | subject)');
    expect(await text('#provenance')).not.toContain('grade');
  });

  it('is of no sample where no name matches, as the command says', async () => {
    const wide = file(
      'wide.csv',
      csv('gene,s1,s2,s3,s4', 9, (i) => [`g${i}`, i, 2 * i, i + 3, 7]),
    );
    const samples = file(
      'samples.csv',
      csv('sample,donor,cond', 4, (i) => [`S${i + 1}`, `D${i % 2}`, i < 2 ? 'a' : 'b']),
    );
    await chooseFiles(demo.page, [wide, samples]);
    await exists('.found .note.warning');
    expect(await text('.found .note.warning')).toContain(
      "no name in the data matches the first column of samples.csv: 's1' there, 'S1' here",
    );
    await waitForText(demo.page, '#fit-reason', 'No name in the data matches the first column of samples.csv');
  });
});
