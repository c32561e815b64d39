/**
 * Inverse of the standard normal distribution, for 0 < p < 1; absolute error below 1.2e-9.
 * Source: P. J. Acklam's rational approximation.
 */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) throw new RangeError(`A probability between 0 and 1 was expected, seen: ${p}.`);
  if (p < 0.02425) return tail(Math.sqrt(-2 * Math.log(p)));
  if (p > 1 - 0.02425) return -tail(Math.sqrt(-2 * Math.log(1 - p)));
  const q = p - 0.5;
  const r = q * q;
  return (poly(a, r) * q) / (poly(b, r) * r + 1);
}

const a = [-39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239];
const b = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572];
const c = [-0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968, 2.938163982698783];
const d = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416];

const poly = (coefficients: readonly number[], x: number): number => coefficients.reduce((sum, each) => sum * x + each, 0);
const tail = (q: number): number => poly(c, q) / (poly(d, q) * q + 1);

/** Chance that a standard normal value is above `z`, z >= 0; relative error below 1.2e-7. Source: Numerical Recipes, erfc by Chebyshev fit. */
export function normalTail(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + x / 2);
  const fit = [0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196, 1.00002368, -1.26551223];
  const tail = (t * Math.exp(-x * x + fit.reduce((sum, each) => sum * t + each, 0))) / 2;
  return z >= 0 ? tail : 1 - tail;
}
