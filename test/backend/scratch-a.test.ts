import { it, expect } from 'vitest';
import { accumulateMoments, buildDesign, fitMoments, fitDesign } from '../../src/index.ts';
import type { MatrixSource, MatrixBlock } from '../../src/types.ts';
import { frame, label } from './frames.ts';
import { TestRandom } from './random.ts';
it('centred pass after collapse', async () => {
  const r = new TestRandom(3);
  const n = 400; const g: string[] = []; const s: string[] = []; const y: number[] = [];
  for (let i = 0; i < n; i++) { g.push(label('d', Math.floor(i / 50))); s.push(i % 3 === 2 ? 'b' : 'a'); y.push(1e6 + (s[i]==='b'?1:0) + 0.3*(i%8)+ r.normal()); }
  const t = frame({ g, s });
  const d = buildDesign('~ s + (1 | g)', t);
  const src = { kind: 'matrix', path: 'm', rows: n, names: ['y'], obsColumns: [], rowNames: async () => [], readObs: async () => t, close: async () => {},
    async *blocks() { yield { major: 'row', majors: Int32Array.from({length:n},(_, i)=>i), pointers: Int32Array.from({length:n+1},(_, i)=>i), indices: new Int32Array(n), values: Float64Array.from(y), whole: true } as MatrixBlock; } } as unknown as MatrixSource;
  const a = await fitMoments(await accumulateMoments(d, src));
  const b = await fitDesign(d, { kind: 'dense', rows: n, names: ['y'], values: Float64Array.from(y) });
  console.log([...a.table.coefficients.estimate], [...b.table.coefficients.estimate], a.table.criterion[0], b.table.criterion[0], a.table.sigma[0], b.table.sigma[0], a.table.theta[0], b.table.theta[0]);
});
