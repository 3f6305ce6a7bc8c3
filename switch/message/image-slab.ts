// Memory for packed messages, cut from larger slabs: one view for many images. A slab lives as long as its longest-lived
// image; messages leave memory within seconds, so few slabs are held by one.

/** About 130 messages of 500 octets. */
const SLAB_BYTES = 65_536;
/** An image above this gets memory of its own, so that a slab never wastes more than that. */
const SHARED_BYTES_MAX = 4_096;

export class ImageSlab {
  buffer: Buffer = Buffer.allocUnsafeSlow(SLAB_BYTES);
  view: DataView = new DataView(this.buffer.buffer);
  /** Where the image begun last begins. */
  start = 0;
  #next = 0;

  /** Makes room for an image at `start` of `buffer`. */
  begin(bytes: number): void {
    if (bytes > SHARED_BYTES_MAX) {
      this.#use(Buffer.allocUnsafeSlow(bytes));
      this.#next = bytes;
      return;
    }
    if (this.#next + bytes > this.buffer.length) this.#use(Buffer.allocUnsafeSlow(SLAB_BYTES));
    this.start = this.#next;
    this.#next += bytes;
  }

  /** The image, once it is written. */
  image(bytes: number): Buffer {
    return this.buffer.subarray(this.start, this.start + bytes);
  }

  #use(buffer: Buffer): void {
    this.buffer = buffer;
    this.view = new DataView(buffer.buffer);
    this.start = 0;
    this.#next = 0;
  }
}
