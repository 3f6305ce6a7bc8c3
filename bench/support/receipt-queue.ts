// The receipts a simulated carrier owes: kept in fixed slots until acknowledged, sent within a window when due, sent
// again when the link that carried them broke or the peer refused them.

import { writeU32 } from './wire.js';

/** A receipt's deliver_sm is about 190 octets; its length stands in its own header. */
export const SLOT_BYTES = 320;
const SLOTS_FIRST = 4_096;

const SlotState = { free: 0, waiting: 1, sent: 2 } as const;

export class ReceiptQueue {
  #slots = SLOTS_FIRST;
  #bytes = Buffer.allocUnsafeSlow(SLOTS_FIRST * SLOT_BYTES);
  #dueMs = new Float64Array(SLOTS_FIRST);
  #states = new Uint8Array(SLOTS_FIRST);
  #links = new Uint32Array(SLOTS_FIRST);
  #serials = new Int32Array(SLOTS_FIRST);
  /** Numbers of receipts run on for ever; slot = number modulo slots. Those below `#head` are done. */
  #head = 1;
  #nextToSend = 1;
  #nextFree = 1;
  /** Numbers to send once more. */
  #again: number[] = [];
  inFlight = 0;

  get pending(): number {
    return this.#nextFree - this.#head;
  }

  get bytes(): Buffer {
    return this.#bytes;
  }

  /** Makes room for one receipt and answers the offset where its PDU is to be written. */
  begin(): number {
    if (this.#nextFree - this.#head >= this.#slots) this.#grow();
    return (this.#nextFree % this.#slots) * SLOT_BYTES;
  }

  end(serial: number, dueMs: number): void {
    const slot = this.#nextFree % this.#slots;
    // The receipt's number is its sequence number: one space per trunk, whatever link carries it.
    writeU32(this.#bytes, slot * SLOT_BYTES + 12, this.#nextFree);
    this.#dueMs[slot] = dueMs;
    this.#serials[slot] = serial;
    this.#states[slot] = SlotState.waiting;
    this.#nextFree++;
  }

  /** The number of a receipt that is due, or 0. */
  nextDue(nowMs: number): number {
    const again = this.#again.pop();
    if (again !== undefined) return again;
    if (this.#nextToSend >= this.#nextFree) return 0;
    return (this.#dueMs[this.#nextToSend % this.#slots] as number) <= nowMs ? this.#nextToSend++ : 0;
  }

  slotOf(number: number): number {
    return (number % this.#slots) * SLOT_BYTES;
  }

  sent(number: number, link: number): void {
    const slot = number % this.#slots;
    this.#states[slot] = SlotState.sent;
    this.#links[slot] = link;
    this.inFlight++;
  }

  /** The serial of the receipt that this sequence number answers; −1 when it answers none. */
  acknowledged(number: number): number {
    const slot = number % this.#slots;
    if (number < this.#head || number >= this.#nextFree || this.#states[slot] !== SlotState.sent) return -1;
    this.#states[slot] = SlotState.free;
    this.inFlight--;
    while (this.#head < this.#nextToSend && this.#states[this.#head % this.#slots] === SlotState.free) this.#head++;
    return this.#serials[slot] as number;
  }

  /** The peer said not now. */
  refused(number: number): void {
    const slot = number % this.#slots;
    if (number < this.#head || number >= this.#nextFree || this.#states[slot] !== SlotState.sent) return;
    this.#states[slot] = SlotState.waiting;
    this.inFlight--;
    this.#again.push(number);
  }

  linkLost(link: number): void {
    for (let number = this.#head; number < this.#nextToSend; number++) {
      const slot = number % this.#slots;
      if (this.#states[slot] === SlotState.sent && this.#links[slot] === link) this.refused(number);
    }
  }

  #grow(): void {
    const slots = this.#slots * 2;
    const bytes = Buffer.allocUnsafeSlow(slots * SLOT_BYTES);
    const dueMs = new Float64Array(slots);
    const states = new Uint8Array(slots);
    const links = new Uint32Array(slots);
    const serials = new Int32Array(slots);
    for (let number = this.#head; number < this.#nextFree; number++) {
      const from = number % this.#slots;
      const to = number % slots;
      this.#bytes.copy(bytes, to * SLOT_BYTES, from * SLOT_BYTES, (from + 1) * SLOT_BYTES);
      dueMs[to] = this.#dueMs[from] as number;
      states[to] = this.#states[from] as number;
      links[to] = this.#links[from] as number;
      serials[to] = this.#serials[from] as number;
    }
    this.#slots = slots;
    this.#bytes = bytes;
    this.#dueMs = dueMs;
    this.#states = states;
    this.#links = links;
    this.#serials = serials;
  }
}
