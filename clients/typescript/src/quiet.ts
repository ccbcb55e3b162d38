/** No data came for too long: a connection can die, or be held back, without an error. */
export class Quiet extends Error {}

/** Aborts its signal unless `alive` is called every few seconds. */
export class Watch {
  readonly signal: AbortSignal;
  readonly #quiet = new AbortController();
  readonly #seconds: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(seconds: number, outer?: AbortSignal) {
    this.#seconds = seconds;
    this.signal = AbortSignal.any([this.#quiet.signal, ...(outer ? [outer] : [])]);
    this.alive();
  }

  alive(): void {
    clearTimeout(this.#timer);
    const late = () => this.#quiet.abort(new Quiet(`Nothing arrived for ${this.#seconds} s.`));
    this.#timer = setTimeout(late, this.#seconds * 1000);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
