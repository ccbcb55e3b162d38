/** The latest answer of the hub to a question that changes; the one before stays until then. */
export class Latest<Answer> {
  answer = $state.raw<Answer | null>(null);
  failure = $state.raw<unknown>(null);
  loading = $state(false);
  #times = $state(0);

  /** Asks what `ask` returns whenever what that depends on changes; nothing, if it is null. */
  constructor(ask: () => ((signal: AbortSignal) => Promise<Answer>) | null) {
    $effect(() => {
      void this.#times;
      const question = ask();
      const asked = new AbortController();
      if (question) void this.#read(question(asked.signal), asked.signal);
      else this.answer = null;
      return () => asked.abort();
    });
  }

  again(): void {
    this.#times += 1;
  }

  async #read(answer: Promise<Answer>, signal: AbortSignal): Promise<void> {
    this.loading = true;
    try {
      const read = await answer;
      if (signal.aborted) return;
      this.answer = read;
      this.failure = null;
    } catch (error) {
      if (signal.aborted) return;
      this.failure = error;
    }
    this.loading = false;
  }
}
