// Chance that needs no state: what happens to a message is a function of its serial, so every process can know it.

/** A well-mixed u32 of a u32 (the finaliser of murmur3). */
export function mix32(value: number): number {
  let z = value | 0;
  z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
  return (z ^ (z >>> 16)) >>> 0;
}

/** Destinations in the pool of a run; a power of two. */
export const DESTINATIONS = 65_536;

/** Which destination of the pool a serial is sent to. */
export const destinationOf = (serial: number, seed: number): number =>
  mix32(Math.imul(serial, 0x9e3779b1) ^ seed) & (DESTINATIONS - 1);

/** True for `permille` of all serials: the simulated carrier cannot deliver these. */
export const isUndeliverable = (serial: number, seed: number, permille: number): boolean =>
  permille > 0 && mix32(serial + Math.imul(seed, 0x2545f491) + 0x1b873593) % 1_000 < permille;
