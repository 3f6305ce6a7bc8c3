// A trunk as routing sees it: a live object that the switch changes in place.

/** All fields are read on every decision, so a change acts on the next message. */
export class TrunkState {
  readonly ref: number;
  /** The tenant that owns it: only customers below that tenant may use it. */
  readonly ownerRef: number;
  /** Dense position in the tables that are installed; −1 before the first ones that know it. */
  index = -1;
  /** What the operator says. */
  enabled = true;
  /** What the adapter says. */
  up = false;
  /** Its queue is at its limit, in memory and on disk. */
  full = false;

  constructor(ref: number, ownerRef: number) {
    this.ref = ref;
    this.ownerRef = ownerRef;
  }

  get sendable(): boolean {
    return this.enabled && this.up && !this.full;
  }
}
