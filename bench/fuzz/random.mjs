/**
 * Random numbers of the fuzz campaign: one stream for each attack, seeded by the campaign's seed, the kind and the number
 * of the attack, so that any attack can be made again alone.
 */

/** Four words of state from a text (FNV-1a, then a finaliser with another increment for each word). */
function stateOf(text) {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return Array.from({ length: 4 }, () => {
    hash = (hash + 0x9e3779b9) | 0;
    let word = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
    return (word ^ (word >>> 16)) >>> 0;
  });
}

/** A stream of random choices, the same for the same parts. */
export function randomStream(...parts) {
  let [a, b, c, d] = stateOf(parts.join('/'));
  // Small fast counter generator (sfc32).
  const uniform = () => {
    const sum = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let k = 0; k < 12; k++) uniform();
  const integer = (low, high) => low + Math.floor(uniform() * (high - low + 1));
  const pick = (list) => list[Math.floor(uniform() * list.length)];
  return {
    /** In [0, 1). */
    uniform,
    /** Whole numbers of low .. high, both included. */
    integer,
    pick,
    chance: (probability) => uniform() < probability,
    between: (low, high) => low + (high - low) * uniform(),
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    /** One of the keys of a table of weights. */
    weighted(weights) {
      const entries = Object.entries(weights);
      let left = uniform() * entries.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [key, weight] of entries) if ((left -= weight) < 0) return key;
      return entries[entries.length - 1][0];
    },
    shuffle(list) {
      const shuffled = [...list];
      for (let i = shuffled.length - 1; i > 0; i--) {
        const j = integer(0, i);
        [shuffled[i], shuffled[j]] = [shuffled[j], shuffled[i]];
      }
      return shuffled;
    },
    /** Some of a list, in its order, each with the same probability. */
    some: (list, probability = 0.5) => list.filter(() => uniform() < probability),
  };
}
