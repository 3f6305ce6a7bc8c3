// What a trunk does when its upstream says "throttled": the whole queue waits, longer each time, not the one message.

export class ThrottlePause {
  #minMs: number;
  #maxMs: number;
  #nextMs: number;
  #untilMs = -Infinity;

  constructor(minMs: number, maxMs: number) {
    this.#minMs = minMs;
    this.#maxMs = maxMs;
    this.#nextMs = minMs;
  }

  configure(minMs: number, maxMs: number): void {
    this.#minMs = minMs;
    this.#maxMs = maxMs;
    this.#nextMs = Math.min(Math.max(this.#nextMs, minMs), maxMs);
  }

  /** The next pause would be longer than the first. */
  get isRaised(): boolean {
    return this.#nextMs > this.#minMs;
  }

  isOn(nowMs: number): boolean {
    return nowMs < this.#untilMs;
  }

  /** Throttled. The rest of a window that is refused together counts once. */
  extend(nowMs: number): void {
    if (this.isOn(nowMs)) return;
    this.#untilMs = nowMs + this.#nextMs;
    this.#nextMs = Math.min(this.#nextMs * 2, this.#maxMs);
  }

  /** A message was taken after the pause: the next pause is short again. Those taken before it prove nothing. */
  relax(nowMs: number): void {
    if (!this.isOn(nowMs)) this.#nextMs = this.#minMs;
  }
}
