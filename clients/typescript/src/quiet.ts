/** Nothing came for too long: a connection can die, or be held back, without a word. */
export class Quiet extends Error {}

/** Aborts what has its signal, unless it hears of a sign of life every few seconds. */
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
    const late = () => this.#quiet.abort(new Quiet(`Nothing came for ${this.#seconds} s.`));
    this.#timer = setTimeout(late, this.#seconds * 1000);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
