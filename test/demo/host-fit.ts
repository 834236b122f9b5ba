/** The same run outside the browser, on the float64 engine, as text to compare with what the page saves. */
import { expect } from 'vitest';
import { delimitedText, diskFiles, type InputOptions, type MomentFitOptions, tidy } from '../../src/doors/node.ts';
import { fitMoments, prepareMoments, readInput } from '../../src/doors/steps.ts';

export async function tidyOnHost(
  path: string,
  options: InputOptions,
  fitOptions: MomentFitOptions = {},
): Promise<string> {
  const input = await readInput(path, options, diskFiles);
  try {
    const { moments } = await prepareMoments(input, options);
    return [...delimitedText([tidy(await fitMoments(moments, { ...fitOptions, threads: 1 }))], '\t')].join('');
  } finally {
    await input.close();
  }
}

/** Both texts have the same cells; numbers may differ by `tolerance`, relative or of one. */
export function expectSameTable(got: string, wanted: string, tolerance: number): void {
  const [a, b] = [got, wanted].map((text) => text.trimEnd().split('\n'));
  expect(a.length).toBe(b.length);
  expect(a[0]).toBe(b[0]);
  let worst = 0;
  a.forEach((line, i) => {
    const cells = line.split('\t');
    const others = b[i].split('\t');
    if (cells.length !== others.length) expect(line).toBe(b[i]);
    cells.forEach((cell, k) => {
      if (cell === others[k]) return;
      const [x, y] = [Number(cell), Number(others[k])];
      if (Number.isNaN(x) || Number.isNaN(y)) expect(`${i} ${k}: ${cell}`).toBe(`${i} ${k}: ${others[k]}`);
      worst = Math.max(worst, Math.abs(x - y) / Math.max(1e-6, Math.abs(y)));
    });
  });
  expect(worst).toBeLessThan(tolerance);
}
