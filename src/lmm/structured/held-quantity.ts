/**
 * One parameter of a covariance held at a value: h(t) = x, h the parameter on the scale on which it is nearly normal, with its
 * derivatives over the free elements of t by central differences, and the way back to the surface h = x.
 */
import { type CovarianceQuantity, slopeAlong } from './covariance-quantities.ts';
import { toNormal } from './normal-scale.ts';

/** Step of second differences in units of an element: errors of 1e-8 from its square and from rounding alike. */
const STEP = 1e-4;
const MOST_STEPS = 60;
/** No element moves further in one step back to the surface, nor does h: it has logarithms of elements, which must not change their sign. */
const LONGEST = 1;
const MOST_CHANGE = 0.5;
/** How exactly x is met. */
const NEAR = 1e-13;

export class HeldQuantity {
  /** Over the free elements. */
  readonly gradient: Float64Array;
  readonly hessian: Float64Array;
  private readonly quantity: CovarianceQuantity;
  private readonly free: Int32Array;
  /** Places among the free elements of those that h depends on. */
  private readonly places: readonly number[];

  constructor(quantity: CovarianceQuantity, free: Int32Array) {
    this.quantity = quantity;
    this.free = free;
    this.places = quantity.support.map((element) => free.indexOf(element)).filter((place) => place >= 0);
    this.gradient = new Float64Array(free.length);
    this.hessian = new Float64Array(free.length ** 2);
  }

  /** Whether any free element moves h. */
  get isFree(): boolean {
    return this.places.length > 0;
  }

  at(t: Float64Array): number {
    return toNormal(this.quantity.scale, this.quantity.value(t));
  }

  differentiate(t: Float64Array): void {
    const { quantity, free, places, hessian } = this;
    this.slope(t);
    const m = free.length;
    const centre = this.at(t);
    const steps = places.map((place) => STEP * quantity.unit(t, free[place]));
    const moved = (a: number, along: number, b: number, across: number): number => {
      const [k, l] = [free[places[a]], free[places[b]]];
      const [first, second] = [t[k], t[l]];
      t[k] += along * steps[a];
      t[l] += across * steps[b];
      const value = this.at(t);
      t[l] = second;
      t[k] = first;
      return value;
    };
    hessian.fill(0);
    places.forEach((k, a) => {
      for (let b = 0; b <= a; b++) {
        const l = places[b];
        const difference =
          a === b
            ? moved(a, 1, a, 0) - 2 * centre + moved(a, -1, a, 0)
            : (moved(a, 1, b, 1) - moved(a, 1, b, -1) - moved(a, -1, b, 1) + moved(a, -1, b, -1)) / 4;
        hessian[k * m + l] = difference / (steps[a] * steps[b]);
        hessian[l * m + k] = hessian[k * m + l];
      }
    });
  }

  /** Moves t to the nearest point, about, with h = x; false where there is none near. */
  moveTo(x: number, t: Float64Array): boolean {
    const { free, places, gradient } = this;
    let missing = x - this.at(t);
    for (let step = 0; step < MOST_STEPS; step++) {
      if (Math.abs(missing) <= NEAR * (1 + Math.abs(x))) return true;
      const square = this.slope(t);
      if (!(square > 0) || !Number.isFinite(missing)) return false;
      let longest = 0;
      for (const place of places) longest = Math.max(longest, Math.abs((missing * gradient[place]) / square));
      const length = Math.min(1, LONGEST / longest, MOST_CHANGE / Math.abs(missing));
      for (const place of places) t[free[place]] += (length * missing * gradient[place]) / square;
      const left = x - this.at(t);
      // The last digit may not be there.
      if (step > 3 && length === 1 && Math.abs(left) >= Math.abs(missing)) return Math.abs(left) < 1e-10;
      missing = left;
    }
    return false;
  }

  /** Fills the gradient; returns its square. */
  private slope(t: Float64Array): number {
    let square = 0;
    for (const place of this.places) {
      const k = this.free[place];
      this.gradient[place] = slopeAlong({ value: (at) => this.at(at), unit: this.quantity.unit }, t, k);
      square += this.gradient[place] ** 2;
    }
    return square;
  }
}
