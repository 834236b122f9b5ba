/**
 * The counts of `bench/kernel-counts.mjs`: tables by the sizes that the library forms, operations by loops that go as the
 * shaders' do, and pairs by the roundings in the shader's text.
 */
import { describe, expect, it } from 'vitest';
import { CASES } from '../../bench/device-cases.mjs';
import { openModel } from '../../bench/device-models.mjs';
import {
  blockFinish,
  blockPairSweeps,
  blockSearch,
  blockSweeps,
  crossedFinish,
  crossedPairSweeps,
  crossedSearch,
  crossedSweeps,
  enterLevel,
  factorTables,
  pairCosts,
  patternSweeps,
  patternTables,
  spectralSearch,
} from '../../bench/kernel-counts.mjs';
import { CARDS, lockstepShare, roofline } from '../../bench/rooflines.mjs';
import { designRows, factorLayout, factorShape, responseRows } from '../../src/backend/webgpu/factor-tables.ts';
import { patternLayout, patternWords } from '../../src/backend/webgpu/pattern-tables.ts';
import { SHADERS } from '../../src/backend/webgpu/shaders.gen.ts';
import { spectralRows } from '../../src/backend/webgpu/spectral-tables.ts';
import { buildDesign } from '../../src/formula/design.ts';
import { patternStart } from '../../src/lmm/structured/pattern-search.ts';
import { denseMoments } from '../../src/moments/table-moments.ts';
import { structuredBatches } from '../webgpu/structured-batches.ts';

/** Numbers that are no constant: of a response only its moments' sizes count here. */
let drawn = 7;
const uniform = (): number => {
  drawn = (drawn * 16807) % 2147483647;
  return drawn / 2147483647;
};
const SOME = { uniform, normal: () => 2 * uniform() - 1 };

const HEAVY = 8; // a division or a root
const LOG = 30;

/** Operations and words of a walk through a kernel's loops. */
class Walk {
  operations = 0;
  words = 0;
  does(operations: number): void {
    this.operations += operations;
  }
  moves(words: number): void {
    this.words += words;
  }
}

function upTo(end: number, turn: (i: number) => void): void {
  for (let i = 0; i < end; i++) turn(i);
}

/** lmm/level.wgsl, enter_level. */
function walkLevel(walk: Walk, q: number, scatter: boolean): void {
  upTo(q, () => upTo(q, () => upTo(q, () => walk.does(2))));
  upTo(q, (i) => {
    upTo(i + 1, (j) => {
      upTo(q, () => walk.does(2));
      upTo(j, () => walk.does(2));
      walk.does(HEAVY); // the root of a pivot, or a division by one
    });
    walk.does(HEAVY + 1);
    upTo(q, () => {
      upTo(i, () => walk.does(2));
      walk.does(1);
    });
    upTo(i, () => walk.does(2));
    walk.does(1);
  });
  for (let sweep = 0; scatter && sweep < 2; sweep++) {
    upTo(q, () =>
      upTo(q, (i) => {
        upTo(i, () => walk.does(2));
        walk.does(HEAVY);
      }),
    );
  }
  walk.does(2 + LOG);
}

describe('operations of a level', () => {
  it.each([1, 2, 3, 6])('of %i columns are those of its loops', (q) => {
    for (const scatter of [false, true]) {
      const walk = new Walk();
      walkLevel(walk, q, scatter);
      expect(enterLevel({ q, scatter })).toBe(walk.operations);
    }
  });
});

/** lmm/block-objective.wgsl, evaluate. */
function walkBlock(q: number, types: number, p: number, scatter: boolean, reml: boolean): number {
  const walk = new Walk();
  upTo(types, () => {
    walkLevel(walk, q, scatter);
    upTo(p, () =>
      upTo(q, (i) => {
        upTo(i, () => walk.does(2));
        walk.does(HEAVY);
      }),
    );
    walk.does(2);
    upTo(q, () => walk.does(scatter ? 4 : 3));
    upTo(q, () =>
      upTo(p, (a) => {
        walk.does(3);
        upTo(a + 1, () => walk.does(2));
      }),
    );
  });
  upTo(p, (a) => {
    upTo(a + 1, (b) => {
      upTo(b, () => walk.does(2));
      walk.does(HEAVY);
      if (a === b && reml) walk.does(LOG + 1);
    });
    upTo(a, () => walk.does(2));
    walk.does(HEAVY + 2);
    upTo(p - a - 1, () => walk.does(2));
    walk.does(HEAVY);
  });
  return walk.operations;
}

/** The same, differentiate, with the forms of lmm/level.wgsl. */
function walkBlockSlopes(
  q: number,
  types: number,
  p: number,
  scatter: boolean,
  reml: boolean,
  parameters: number,
): number {
  const walk = new Walk();
  upTo(types, () => {
    walkLevel(walk, q, scatter);
    upTo(p, () =>
      upTo(q, (i) => {
        upTo(i, () => walk.does(2));
        walk.does(HEAVY);
      }),
    );
    upTo(q, () => {
      upTo(q, () => walk.does(2));
      upTo(p, (a) => {
        upTo(q, () => walk.does(2));
        walk.does(2);
        if (!reml) return;
        upTo(a, () => walk.does(2));
        walk.does(HEAVY);
      });
    });
    for (let form = 0; form < (scatter ? 3 : 1); form++) upTo(q ** 3, () => walk.does(2));
    upTo(q * q, () => {
      if (reml) upTo(p, () => walk.does(2));
      walk.does(7);
    });
    upTo(parameters, () => {
      upTo(q, () => {
        upTo(q, () => walk.does(2));
        walk.does(2);
      });
      walk.does(4 + 2);
    });
  });
  upTo(parameters, () => walk.does(2 * q + 1));
  return walk.operations;
}

/** lmm/crossed-objective.wgsl, evaluate, of a border whose other factors have `width` columns a level. */
function walkCrossed(q: number, types: number, p: number, random: number, width: number): Walk {
  const walk = new Walk();
  const border = random + p;
  const widthOf = (a: number): number => (a < random ? width : 1);
  upTo(border, (a) => {
    upTo(a + 1, () => walk.moves(1));
    walk.moves(1);
  });
  upTo(types, () => {
    walkLevel(walk, q, false);
    upTo(border, () =>
      upTo(q, (i) => {
        upTo(i, () => walk.does(2));
        walk.moves(i + 1);
        walk.does(HEAVY);
      }),
    );
    walk.does(2);
    upTo(q, () => walk.does(3));
    upTo(border, (a) => {
      upTo(q, () => walk.does(3));
      walk.moves(q);
      walk.does(1);
      walk.moves(2);
      upTo(a + 1, () => {
        upTo(q, () => walk.does(2));
        walk.does(1);
        walk.moves(q + 2);
      });
    });
  });
  upTo(border, (a) => {
    upTo(a + 1, (b) => {
      upTo(widthOf(a), () => {
        upTo(widthOf(b), () => walk.does(2));
        walk.moves(widthOf(b));
        walk.does(2);
      });
      upTo(b, () => {
        walk.does(2);
        walk.moves(2);
      });
      walk.does(HEAVY);
      walk.moves(a === b ? 1 : 2);
      if (a === b) walk.does(LOG + 1);
    });
    upTo(widthOf(a), () => walk.does(2));
    walk.moves(widthOf(a));
    for (const reads of [a, border - a - 1]) {
      upTo(reads, () => walk.does(2));
      walk.moves(2 * reads);
      walk.does(HEAVY);
    }
    walk.does(2);
    walk.moves(5);
  });
  return walk;
}

describe('operations of an evaluation', () => {
  it.each([
    [1, 5, 2],
    [2, 3, 4],
    [3, 2, 8],
  ])('in a thread: q = %i, %i types, p = %i', (q, types, p) => {
    for (const scatter of [false, true]) {
      for (const reml of [false, true]) {
        const sizes = { q, types, p, scatter, reml, parameters: q, squares: q * q };
        const { evaluate, differentiate } = blockSweeps(sizes);
        expect(evaluate).toBe(walkBlock(q, types, p, scatter, reml));
        expect(differentiate).toBe(walkBlockSlopes(q, types, p, scatter, reml, sizes.parameters));
      }
    }
  });

  it.each([
    [1, 4, 2, 3, 1],
    [2, 3, 1, 4, 2],
    [2, 5, 3, 0, 1],
  ])('in storage: q = %i, %i types, p = %i, %i columns of others, %i a level', (q, types, p, random, width) => {
    const walk = walkCrossed(q, types, p, random, width);
    const sizes = { q, types, p, random, width, parameters: 2, squares: q * q + width * width };
    const { evaluate, evaluateWords } = crossedSweeps(sizes);
    expect({ evaluate, evaluateWords }).toEqual({ evaluate: walk.operations, evaluateWords: walk.words });
  });
});

/** lmm/block-derivatives.wgsl, evaluate, for one term of q effects. */
function walkPairs(q: number, types: number, p: number, scatter: boolean, reml: boolean, number: string): number {
  const { add, mul, sqr, div, sqrt, log } = pairCosts(number);
  const both = add + mul;
  const walk = new Walk();
  const substitute = (columns: number) =>
    upTo(q, (i) =>
      upTo(columns, () => {
        upTo(i, () => walk.does(both));
        walk.does(mul);
      }),
    );
  const elements = Array.from({ length: q }, (_, c) => Array.from({ length: q - c }, (_, r) => [c + r, c])).flat();
  upTo(types, () => {
    upTo(2, () => {
      upTo(q, () => upTo(q, () => upTo(q, () => walk.does(both))));
      upTo(q, (i) => {
        upTo(i + 1, (j) => {
          upTo(q + j, () => walk.does(both));
          walk.does(i === j ? sqrt : mul);
        });
        walk.does(div + mul);
      });
      substitute(q + p + 1);
      if (scatter) upTo(2, () => substitute(q));
      walk.does(log + 2);
    });
    walk.does(both); // to the log-determinant
    upTo(q, () => {
      walk.does(mul + sqr + add + (scatter ? add : 0));
      upTo(p, (a) => {
        walk.does(mul + both);
        upTo(a + 1, () => walk.does(both));
      });
    });
    upTo(q, () => upTo(p, () => walk.does(both)));
    upTo(q, () => {
      upTo(q, () => walk.does(both));
      upTo(p, (a) => {
        upTo(q + a, () => walk.does(both));
        walk.does(mul);
      });
    });
    upTo(q, (i) =>
      upTo(i + 1, () => {
        walk.does(2 * mul);
        upTo(q, () => {
          walk.does(both);
          if (scatter) upTo(q + 1, () => walk.does(both));
        });
        if (reml) upTo(p, () => walk.does(both));
        walk.does(3 * add + mul + 2 * both);
      }),
    );
    elements.forEach(([row, column], e) => {
      const turns = row === column ? 1 : 2;
      upTo(p, (k) => {
        walk.does(2 * mul + turns * both);
        upTo(k + 1, () => walk.does(turns * both));
      });
      upTo(e + 1, (f) => {
        const [r, c] = elements[f];
        walk.does(2 * turns * (r === c ? 1 : 2) * both + 2 + add);
      });
    });
  });
  upTo(p, (a) => {
    upTo(a + 1, (b) => {
      upTo(b, () => walk.does(both));
      walk.does(a === b ? sqrt + div + (reml ? log + add : 0) : mul);
    });
    upTo(a, () => walk.does(both));
    walk.does(mul + both);
    upTo(p - a - 1, () => walk.does(both));
    walk.does(mul);
  });
  walk.does(2 * div); // 2 d / S, d / S
  upTo(q, (i) => upTo(i + 1, () => walk.does(both)));
  upTo(elements.length, (e) =>
    upTo(e + 1, () => {
      if (reml) upTo(p, (k) => upTo(k + 1, () => walk.does(mul + add + 2)));
      walk.does(mul + div + both);
      upTo(p, () => walk.does(both + 2));
    }),
  );
  return walk.operations;
}

describe('operations of a finish in pairs', () => {
  const number = 'df64-xor';

  it.each([
    [1, 7, 3],
    [2, 40, 4],
    [3, 12, 5],
    [4, 5, 8],
  ])('of %i columns, %i types, %i fixed effects are those of its loops', (q, types, p) => {
    for (const scatter of [false, true]) {
      for (const reml of [false, true]) {
        const sizes = { q, types, p, scatter, reml, parameters: (q * (q + 1)) / 2, squares: q * q, number };
        expect(blockPairSweeps(sizes)).toBe(walkPairs(q, types, p, scatter, reml, number));
      }
    }
  });

  it('grow with the evaluations, and what comes back does not', () => {
    const sizes = { q: 2, types: 40, p: 4, parameters: 3, squares: 4, columns: 5, number };
    const [once, twice] = [1, 2].map((evaluations) => blockFinish({ ...sizes, evaluations }));
    expect(twice.operations - once.operations).toBeGreaterThan(blockPairSweeps(sizes));
    // Four elements of the factor, S, log-determinant, decrement, outcome, three of each column: pairs.
    expect(once.down).toBe(8 * (4 + 4 + 3 * 5));
    expect(twice.down).toBe(once.down);
  });

  it('with a border of fixed effects alone come to about those without one', () => {
    const sizes = { q: 2, types: 40, p: 4, parameters: 3, squares: 4, number };
    const inside = blockPairSweeps(sizes);
    const { operations, words } = crossedPairSweeps({ ...sizes, random: 0 });
    // Beside them the products of all pairs of levels with one another, which the other knows as a matrix of p x p.
    const { add, mul } = pairCosts(number);
    const between = 820 * (4 * (4 * (add + mul) + 2 * add) + 16 * (3 * mul + 2 * add) + 9 * (2 * mul + 2 * add));
    expect(Math.abs(operations - between - inside)).toBeLessThan(0.15 * inside);
    expect(words).toBeGreaterThan(2 * 820 * 4 * 8);
    const crossed = crossedFinish({ ...sizes, random: 8, evaluations: 2, columns: 5 });
    expect(crossed.down).toBe(8 * (4 + 4 + 3 * 5));
  });
});

/** lmm/blocks-objective.wgsl, form_pattern, with `us` over the first m visits. */
function walkPattern(walk: Walk, m: number, scales: number): void {
  upTo(m, () => {
    upTo(scales, () => walk.does(2));
    walk.does(22 + 2);
  });
  upTo(m, (a) =>
    upTo(a + 1, (b) => {
      upTo(b + 1, () => walk.does(2)); // K
      walk.does(2);
      upTo(b, () => walk.does(2));
      walk.does(a === b ? HEAVY + LOG + 2 : HEAVY);
    }),
  );
  upTo(m, (a) => {
    walk.does(HEAVY);
    upTo(a, (b) => {
      upTo(a - b, () => walk.does(2));
      walk.does(2);
    });
  });
  upTo(m, (b) => upTo(m - b, (a) => upTo(m - b - a, () => walk.does(2))));
}

/** The same, evaluate_criterion. */
function walkPatterns(sizes: readonly number[], p: number, scales: number): number {
  const walk = new Walk();
  const fours = Math.ceil(p / 4);
  for (const m of sizes) {
    walkPattern(walk, m, scales);
    walk.does(4);
    upTo(m, (a) =>
      upTo(a + 1, () => {
        upTo(fours, (i) => upTo(i + 1, () => walk.does(32)));
        upTo(p, () => walk.does(2));
        walk.does(2);
      }),
    );
  }
  upTo(p, (a) => {
    upTo(a + 1, (b) => {
      upTo(b, () => walk.does(2));
      walk.does(a === b ? HEAVY + LOG + 2 : HEAVY);
    });
    upTo(a, () => walk.does(2));
    walk.does(HEAVY + 2);
    upTo(p - a - 1, () => walk.does(2));
    walk.does(HEAVY);
  });
  return walk.operations;
}

/** The same, differentiate_criterion. */
function walkPatternSlopes(sizes: readonly number[], p: number, scales: number, reml: boolean): number {
  const walk = new Walk();
  const fours = Math.ceil(p / 4);
  upTo(p, (a) => {
    if (reml) walk.does(HEAVY);
    upTo(reml ? a : 0, (b) => {
      upTo(a - b, () => walk.does(2));
      walk.does(2);
    });
    upTo(a + 1, () => {
      walk.does(2);
      upTo(reml ? p - a : 0, () => walk.does(2));
    });
  });
  for (const m of sizes) {
    walkPattern(walk, m, scales);
    upTo(m, (a) =>
      upTo(a + 1, () => {
        upTo(p, () => walk.does(2));
        upTo(fours, (i) => upTo(i + 1, () => walk.does(32)));
        walk.does(8);
      }),
    );
    upTo(m ** 3, () => walk.does(2));
    upTo(m, (a) =>
      upTo(a + 1, () => {
        upTo(m, () => walk.does(2));
        walk.does(2);
      }),
    );
    upTo(m, (a) => {
      upTo(m, () => walk.does(2));
      upTo(scales, () => walk.does(3));
      upTo(a, () => {
        upTo(m, () => walk.does(3));
        walk.does(3);
      });
    });
  }
  return walk.operations;
}

describe('operations over patterns of visits', () => {
  it.each([
    [[4], 10, 4],
    [[1, 3, 2], 5, 3],
    [[6, 5], 16, 7],
  ])('of %j rows, p = %i, %i scales are those of the loops', (sizes, p, scales) => {
    for (const reml of [false, true]) {
      const { evaluate, differentiate } = patternSweeps({ sizes, p, scales, reml });
      expect(evaluate).toBe(walkPatterns(sizes, p, scales));
      expect(differentiate).toBe(walkPatternSlopes(sizes, p, scales, reml));
    }
  });

  it('are in tables of the sizes that the library gives them', () => {
    const [{ design }] = structuredBatches({ structure: 'us', formula: '~ x + visit', subjects: 200, responses: 1 });
    const { blocks, p } = design;
    const begin = patternStart(design, 'REML');
    if (!blocks || !begin) throw new Error('no blocks');
    const { parameters, points } = begin;
    const layout = patternLayout(blocks, parameters, p);
    const { count, scales } = parameters;
    const sizes = blocks.blocks.map(({ size }) => size);
    expect(patternTables({ sizes, p, scales, parameters: count, points: points.length })).toEqual({
      response: layout.responseRows,
      matrices: layout.designRows,
      structure: patternWords(layout, begin).length,
    });
  });
});

describe('pairs', () => {
  const text = (name: string): string => SHADERS[name] ?? '';
  /** Roundings of a function, with those of the functions that it calls; `a / b` is one of them. */
  const roundings = (source: string, name: string): number => {
    const body = new RegExp(`fn ${name}\\([^]*?\\n}`).exec(source)?.[0] ?? '';
    expect(body).not.toBe('');
    let count = (body.match(/rounded\(/g) ?? []).length;
    for (const called of ['two_sum', 'quick_two_sum', 'two_prod']) {
      const calls =
        body
          .split('\n')
          .slice(1)
          .join('\n')
          .match(new RegExp(`\\b${called}\\(`, 'g')) ?? [];
      if (calls.length > 0) count += calls.length * roundings(source, called);
    }
    return count;
  };

  it.each([
    ['df64-xor', 'num/df64-split', 0],
    ['df64-fma', 'num/df64-fma', 1], // fma is two operations in one rounding
  ])('take the operations that the text of %s has', (number, product, fused) => {
    const source = text('num/df64') + text(product).replace(/fn rounded.*/, '');
    const { add, mul, sqr, div, sqrt } = pairCosts(number);
    expect(add).toBe(roundings(source, 'num_add'));
    expect(mul).toBe(roundings(source, 'num_mul') + fused);
    expect(sqr).toBe(roundings(source, 'num_sqr') + fused);
    // The first quotient is hidden, not rounded; each is 8.
    expect(div).toBe(roundings(source, 'num_div') + fused + 1 + 2 * (HEAVY - 1));
    expect(sqrt).toBe(roundings(source, 'num_sqrt') + fused + 1 + 2 * (HEAVY - 1));
  });
});

describe('tables', () => {
  it.each(
    CASES.filter(
      ({ engine, left, name }) => engine !== 'spectral' && left === undefined && !/1,000|weights|missing/.test(name),
    ),
  )('of $name have the sizes that the library gives them', (given) => {
    const model = openModel(given, buildDesign);
    const { dense } = model.draw(1, SOME);
    const { design } = denseMoments(model.design, dense).batches[0];
    const shape = factorShape(design, true);
    const layout = factorLayout(shape, {
      types: shape.counts.length,
      border: shape.order.others.map(({ levels }) => levels),
    });
    const { q, types, p, random, scatter, parameters, starts } = layout;
    expect(factorTables({ q, types, p, random, scatter, parameters, starts })).toEqual({
      border: layout.border,
      design: designRows(layout),
      response: responseRows(layout),
      structure: layout.structure.length,
    });
  });

  it('go up once, or with each response that has its own', () => {
    const sizes = { levels: 18, evaluations: 4 };
    const shared = spectralSearch(sizes);
    const own = spectralSearch({ ...sizes, own: true });
    expect(shared.once).toBe(16 * spectralRows({ levels: 18, blocks: 0 }));
    expect([own.once, own.up]).toEqual([0, shared.up + shared.once]);
    const factors = { q: 2, types: 40, p: 4, parameters: 3, squares: 4, evaluations: 10 };
    for (const count of [blockSearch, (given: typeof factors) => crossedSearch({ ...given, random: 8 })]) {
      const together = count(factors);
      const apart = count({ ...factors, ...{ own: true } });
      expect(apart.up - together.up).toBe(together.once - apart.once);
    }
  });
});

describe('a roofline', () => {
  const count = { once: 0, up: 0, down: 0, uniforms: 0, operations: 0, words: 0, sharedWords: 0, privateNumbers: 0 };
  const [card] = CARDS;
  const at = { columns: 1, host: 0 };

  it('names the limit that a kernel meets first, and on the device', () => {
    expect(roofline({ ...count, operations: 1e6 }, card, at)).toMatchObject({
      starved: 'arithmetic',
      device: 'arithmetic',
    });
    expect(roofline({ ...count, words: 1e6 }, card, at).starved).toBe('memory');
    expect(roofline({ ...count, up: 1e6 }, card, at).starved).toBe('transfer');
    const hosted = roofline({ ...count, down: 1e3 }, card, { columns: 1, host: 1 });
    expect(hosted).toMatchObject({ starved: 'host finish', device: 'transfer', seconds: 1 });
  });

  it('shares what goes up once', () => {
    const { limits } = roofline({ ...count, once: 1e6 }, card, { columns: 1000, host: 0 });
    expect(limits.transfer).toBe(roofline({ ...count, up: 1e3 }, card, at).limits.transfer);
  });

  it('waits for the last of a group', () => {
    expect(lockstepShare(Array.from({ length: 64 }, () => 5))).toBe(1);
    expect(lockstepShare(Array.from({ length: 32 }, (_, k) => (k === 0 ? 32 : 0)))).toBe(1 / 32);
    const wide = { ...count, operations: 1e6 };
    const { seconds } = roofline(wide, card, at);
    expect(roofline(wide, card, { ...at, lockstep: 0.5 }).seconds).toBe(2 * seconds);
  });
});
