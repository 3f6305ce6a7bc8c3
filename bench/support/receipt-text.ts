// Delivery receipts as text, read where they lie.

import { ReceiptSeen } from './control.js';

/** Reads `id:` and `stat:` of a receipt text (SMPP 3.4 appendix B) in place. One reusable object. */
export class ReceiptText {
  idAt = 0;
  idEnd = 0;
  state: number = ReceiptSeen.none;

  /** False when this is no receipt. */
  read(buffer: Buffer, at: number, end: number): boolean {
    this.idAt = findLabel(buffer, at, end, 0x69, 0x64); // id:
    if (this.idAt < 0) return false;
    this.idEnd = this.idAt;
    while (this.idEnd < end && buffer[this.idEnd] !== 32) this.idEnd++;
    // `stat:` is the only label that ends in `at:`.
    const stateAt = findLabel(buffer, this.idEnd, end, 0x61, 0x74);
    if (stateAt < 0) return false;
    const first = buffer[stateAt];
    const fourth = buffer[stateAt + 3];
    if (first === 68 && fourth === 73)
      this.state = ReceiptSeen.delivered; // DELIVRD, not DELETED
    else if (first === 85 && buffer[stateAt + 2] === 68)
      this.state = ReceiptSeen.undeliverable; // UNDELIV
    else this.state = ReceiptSeen.other;
    return true;
  }
}

/** Offset behind the label that ends in these two octets and a colon; −1 when there is none. */
function findLabel(buffer: Buffer, at: number, end: number, first: number, second: number): number {
  for (let from = at; from + 2 < end; from++) {
    if (buffer[from + 2] === 58 && buffer[from] === first && buffer[from + 1] === second) return from + 3;
  }
  return -1;
}
