// Which deliver_sm a token stands for. Bounded; a token is never used twice, so a late one finds nothing.

import type { Session } from '#smpp';

/** Slots at first; doubled up to the limit as carriers need them. */
const SLOTS_AT_START = 64;

/** token = generation × slotsMax + slot: exact in a double for a million a second over 200 years. */
export class TokenTable {
  size = 0;
  readonly #slotsMax: number;
  #sessions: (Session | undefined)[] = new Array<Session | undefined>(SLOTS_AT_START).fill(undefined);
  #sequences = new Float64Array(SLOTS_AT_START);
  #responses = new Float64Array(SLOTS_AT_START);
  #generations = new Float64Array(SLOTS_AT_START);
  readonly #freeSlots: number[] = [];
  #slotsUsed = 0;

  constructor(slotsMax: number) {
    this.#slotsMax = slotsMax;
  }

  /** −1 when the table is full. */
  add(session: Session, responseId: number, sequenceNumber: number): number {
    const slot = this.#freeSlots.pop() ?? this.#newSlot();
    if (slot === -1) return -1;
    this.#sessions[slot] = session;
    this.#sequences[slot] = sequenceNumber;
    this.#responses[slot] = responseId;
    this.size++;
    return (this.#generations[slot] as number) * this.#slotsMax + slot;
  }

  /** Answers the deliver_sm behind the token; false when there is none any more. */
  answer(token: number, commandStatus: number): boolean {
    const slot = token % this.#slotsMax;
    const session = this.#sessions[slot];
    if (session === undefined || this.#generations[slot] !== (token - slot) / this.#slotsMax) return false;
    this.#free(slot);
    // SMPP 3.4 §4.6.2: message_id of a deliver_sm_resp is unused and a NUL.
    session.respond(this.#responses[slot] as number, commandStatus, this.#sequences[slot] as number, '');
    return true;
  }

  /** The link is gone: its deliver_sm belong to the upstream again. */
  forget(session: Session): void {
    for (let slot = 0; slot < this.#slotsUsed; slot++) if (this.#sessions[slot] === session) this.#free(slot);
  }

  #free(slot: number): void {
    this.#sessions[slot] = undefined;
    this.#generations[slot] = (this.#generations[slot] as number) + 1;
    this.#freeSlots.push(slot);
    this.size--;
  }

  #newSlot(): number {
    if (this.#slotsUsed >= this.#slotsMax) return -1;
    if (this.#slotsUsed === this.#sessions.length) this.#grow();
    return this.#slotsUsed++;
  }

  #grow(): void {
    const slots = this.#sessions.length * 2;
    while (this.#sessions.length < slots) this.#sessions.push(undefined);
    this.#sequences = grown(this.#sequences, slots);
    this.#responses = grown(this.#responses, slots);
    this.#generations = grown(this.#generations, slots);
  }
}

function grown(from: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> {
  const to = new Float64Array(length);
  to.set(from);
  return to;
}
