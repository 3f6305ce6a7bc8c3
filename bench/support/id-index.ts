// message_id → serial of the messages whose receipt is awaited, in typed arrays: a Map of strings would cost the
// generator more than the message itself. Two 32-bit hashes stand for the id; at a million ids a clash is one in 10⁷.

const SLOTS_FIRST = 65_536;

export class IdIndex {
  #mask = SLOTS_FIRST - 1;
  #high = new Uint32Array(SLOTS_FIRST);
  #low = new Uint32Array(SLOTS_FIRST);
  /** Serial plus one; 0 marks an empty slot. */
  #serials = new Uint32Array(SLOTS_FIRST);
  #hashHigh = 0;
  #hashLow = 0;
  size = 0;

  put(buffer: Buffer, start: number, end: number, serial: number): void {
    if (this.size * 2 > this.#mask) this.#grow();
    this.#hash(buffer, start, end);
    const slot = this.#find(this.#hashHigh, this.#hashLow);
    if (this.#serials[slot] === 0) this.size++;
    this.#high[slot] = this.#hashHigh;
    this.#low[slot] = this.#hashLow;
    this.#serials[slot] = serial + 1;
  }

  /** The serial, now forgotten; −1 when there is none. */
  take(buffer: Buffer, start: number, end: number): number {
    this.#hash(buffer, start, end);
    const slot = this.#find(this.#hashHigh, this.#hashLow);
    const serial = (this.#serials[slot] as number) - 1;
    if (serial >= 0) this.#empty(slot);
    return serial;
  }

  #hash(buffer: Buffer, start: number, end: number): void {
    let high = 0x811c9dc5;
    let low = 0x2f0b4a47;
    for (let at = start; at < end; at++) {
      const octet = buffer[at] as number;
      high = Math.imul(high ^ octet, 0x01000193);
      low = Math.imul(low + octet, 0x9e3779b1) ^ (low >>> 15);
    }
    this.#hashHigh = high >>> 0;
    this.#hashLow = low >>> 0;
  }

  #home(high: number, low: number): number {
    const mixed = Math.imul(high ^ (high >>> 15), 0x85ebca6b) ^ Math.imul(low, 0xc2b2ae35);
    return (mixed ^ (mixed >>> 13)) & this.#mask;
  }

  #find(high: number, low: number): number {
    let slot = this.#home(high, low);
    while (this.#serials[slot] !== 0 && (this.#high[slot] !== high || this.#low[slot] !== low)) {
      slot = (slot + 1) & this.#mask;
    }
    return slot;
  }

  /** Empties a slot and moves up what probing had pushed behind it, so that no tombstones pile up. */
  #empty(slot: number): void {
    let hole = slot;
    let at = slot;
    this.size--;
    for (;;) {
      at = (at + 1) & this.#mask;
      if (this.#serials[at] === 0) break;
      const home = this.#home(this.#high[at] as number, this.#low[at] as number);
      if (((at - home) & this.#mask) < ((at - hole) & this.#mask)) continue;
      this.#high[hole] = this.#high[at] as number;
      this.#low[hole] = this.#low[at] as number;
      this.#serials[hole] = this.#serials[at] as number;
      hole = at;
    }
    this.#serials[hole] = 0;
  }

  #grow(): void {
    const high = this.#high;
    const low = this.#low;
    const serials = this.#serials;
    const slots = serials.length * 2;
    this.#mask = slots - 1;
    this.#high = new Uint32Array(slots);
    this.#low = new Uint32Array(slots);
    this.#serials = new Uint32Array(slots);
    for (let from = 0; from < serials.length; from++) {
      if (serials[from] === 0) continue;
      const slot = this.#find(high[from] as number, low[from] as number);
      this.#high[slot] = high[from] as number;
      this.#low[slot] = low[from] as number;
      this.#serials[slot] = serials[from] as number;
    }
  }
}
