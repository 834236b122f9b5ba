import { LITTLE_INFORMATION } from '../../glmm/family-objective.ts';
import { extrasOf } from '../../glmm/fit-row.ts';
import type { DeviceStart, EngineOptions } from '../../lmm/engine.ts';
import { familyEngine } from '../../lmm/generalised/family-engine.ts';
import type { MomentBatch } from '../../moments/moments.ts';
import { type SearchMapping, searchMappings } from '../../plan/search-variants.ts';
import type { FamilyName } from '../../types/family.ts';
import { countsWriter, deviationWriter, type FamilyLayout, familyLayout, responseRows } from './family-tables.ts';
import { link } from './link.ts';
import { type SearchKernel, type SearchResults, WORKGROUP } from './search-kernel.ts';

/** Evaluations of a search at most: all of them in one dispatch. */
const TURNS = 120;

const WIDE = { entry: 'kernels/family-search-wide', suffix: ', a workgroup a response', perWorkgroup: 1 };
/** How a search gives responses to threads; by subgroups it sums no faster. */
const KERNELS = {
  thread: { entry: 'kernels/family-search', suffix: '', perWorkgroup: WORKGROUP },
  workgroup: WIDE,
  subgroup: WIDE,
} as const;

/** What the text of the kernel depends on. */
export interface FamilySizes {
  readonly family: FamilyName;
  readonly p: number;
  readonly random: number;
}

export function familyCode({ family, p, random }: FamilySizes, mapping: SearchMapping = 'thread'): string {
  return link(KERNELS[mapping].entry, {
    number: 'f32',
    modules: { family: `glmm/${family}` },
    constants: { P: p, RANDOM: random, DISPERSION: family === 'nbinom2' ? 1 : 0, LITTLE: random },
  });
}

/** The kernel for generalised models of a design that all share, with one random term of one column or none. */
export function familyKernel(
  batch: MomentBatch,
  optionsOf: (batch: MomentBatch) => EngineOptions,
  mapping?: SearchMapping,
): SearchKernel {
  const layout = familyLayout(batch.design);
  const { evidence, p, random, levels, strata, structure, design } = layout;
  const { family, rows, counts, width } = evidence;
  const label = `${family} search`;
  const mappings = mapping === undefined ? searchMappings('family', rows) : [mapping];
  const writer = family === 'nbinom2' ? countsWriter : deviationWriter;
  const write = writer(layout, random > 0 ? LITTLE_INFORMATION : 0);
  return {
    label,
    path: 'family',
    variants: mappings.map((name) => {
      const { suffix, perWorkgroup } = KERNELS[name];
      return { label: `${label}${suffix}`, code: familyCode({ family, p, random }, name), perWorkgroup, needs: null };
    }),
    variantKey: [label, mappings, Math.round(Math.log2(rows)), levels].join(),
    own: false,
    structure,
    designWords: 1,
    designRows: design.length,
    responseRows: responseRows(layout),
    resultRows: p + 4 + random * levels,
    workspaceRows: 3 * levels,
    shapeWords: [levels, strata, rows, counts.length, TURNS],
    rounds: 1,
    finisher: null,
    draws: null,
    open({ responses: { family: values } }) {
      const options = optionsOf(batch);
      if (!values) throw new RangeError('the responses have no statistics of a family');
      return {
        design,
        pack({ constant }, k, out, column, stride) {
          return constant[k] !== 1 && write(values, k * width, out, column, stride);
        },
        start: (results, column) => readFamily(results, column, layout),
        engine: () => familyEngine(batch.design, options),
        options: { ...options, bootstrap: undefined },
      };
    },
  };
}

/** The point of a column, as the engine has its parameters: raw coefficients, variance, dispersion; then the modes. */
function readFamily(
  { words, floats, stride }: SearchResults,
  column: number,
  { p, random, levels, toRaw, unit, ones, evidence }: FamilyLayout,
): DeviceStart {
  const packed = words[(p + 2) * stride + column];
  const evaluations = packed & 0xffff;
  if (packed >>> 16 !== 0) return { point: new Float64Array(0), evaluations };
  const dispersed = extrasOf(evidence);
  const count = p + random + dispersed;
  const point = new Float64Array(count + random * levels);
  const reference = floats[(p + 3) * stride + column];
  for (let i = 0; i < p; i++) {
    point[i] = reference * ones[i];
    for (let j = 0; j < p; j++) point[i] += toRaw[i * p + j] * floats[j * stride + column];
  }
  if (random > 0) point[p] = unit * floats[p * stride + column];
  if (dispersed > 0) point[p + random] = floats[(p + 1) * stride + column];
  for (let g = 0; g < random * levels; g++) point[count + g] = Math.sqrt(unit) * floats[(p + 4 + g) * stride + column];
  return { point: point.every(Number.isFinite) ? point : new Float64Array(0), evaluations };
}
