/**
 * What Satterthwaite's and Kenward and Roger's methods need of a model with covariance V(t) (`degrees-of-freedom.ts` has the
 * rows' formula; nothing is profiled out here, so that d is infinite and t_e = 0):
 *
 *     C_k = dC/dt_k = -C M^k C,   W = cov(t) = 2 (observed Hessian)^+ or 2 (expected one)^+
 *     C_A = C + 2 C sum_kl W_kl (Q_kl - M^k C M^l) C                     Kenward and Roger (1997), without second derivatives of V
 *
 * SAS (its option firstorder) and mmrm ("Kenward-Roger-Linear") leave these out for structures that are not linear in their
 * parameters, and take the observed information. Both choices are the same whatever parameters a structure is written in.
 */
import type { VarianceModel } from '../../types/inference.ts';
import { congruence, informationInverter, isAdjustable } from '../variance-model.ts';
import type { BlocksObjective } from './blocks-objective.ts';

export interface BlocksVariance {
  /** The variance model of the point where the objective stands; arrays are valid until the next call. */
  satterthwaite(): VarianceModel;
  /** Null where the method is not defined, and of series that are cut into neighbours, whose products of derivatives are not. */
  kenwardRoger(information: 'observed' | 'expected'): VarianceModel | null;
}

export function blocksVariance(objective: BlocksObjective): BlocksVariance {
  const { p, count } = objective;
  const numbers = (length: number) => new Float64Array(length);
  const [model, adjusted, half, changes] = [p * p, p * p, p * p, count * p * p].map(numbers);
  const products = numbers(count * p * p);
  const [shift, weights, information] = [count, count * count, count * count].map(numbers);
  const unadjusted: VarianceModel = { model, adjusted: model, elements: count, changes, shift, weights };
  const kenwardRoger: VarianceModel = { ...unadjusted, adjusted };
  const inverse = informationInverter(count);

  function stand(matrix: Float64Array): void {
    model.set(objective.covariance);
    objective.writeChanges(products);
    for (let e = 0; e < count; e++) congruence(model, products, e * p * p, p, half, changes, e * p * p);
    for (let i = 0; i < changes.length; i++) changes[i] = -changes[i];
    inverse(matrix, weights);
    for (let i = 0; i < weights.length; i++) weights[i] *= 2;
  }

  return {
    satterthwaite() {
      stand(objective.hessian);
      return unadjusted;
    },
    kenwardRoger(kind) {
      if (objective.cut) return null;
      if (kind === 'expected') objective.expectedInformation(information);
      stand(kind === 'expected' ? information : objective.hessian);
      congruence(model, objective.adjustment(weights), 0, p, half, adjusted, 0);
      for (let i = 0; i < p * p; i++) adjusted[i] = model[i] + 2 * adjusted[i];
      return isAdjustable(kenwardRoger, Number.POSITIVE_INFINITY, p) ? kenwardRoger : null;
    },
  };
}
