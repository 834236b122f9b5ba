import type { FamilyEvidence } from '../moments/family-evidence.ts';
import type { FamilyKernel } from './family-kernel.ts';
import type { FamilyObjective } from './family-objective.ts';
import { LaplaceObjective } from './laplace-objective.ts';
import { ScalarObjective } from './scalar-objective.ts';

export function openObjective(evidence: FamilyEvidence, kernel: FamilyKernel, _nodes: number): FamilyObjective {
  const q = evidence.effects.map(({ z }) => (evidence.rows === 0 ? 0 : z.length / evidence.rows));
  if (q.length === 0 || (q.length === 1 && q[0] === 1)) return new ScalarObjective(evidence, kernel);
  return new LaplaceObjective(evidence, kernel);
}
