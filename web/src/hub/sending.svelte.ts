/** Something that a person sends to the hub: whether it is under way, and how it failed. */
export class Sending {
  busy = $state(false);
  failure = $state.raw<unknown>(null);

  /** Sends it, unless that is under way; returns whether it went well. */
  async run(send: () => Promise<void>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.failure = null;
    try {
      await send();
    } catch (error) {
      this.failure = error;
    }
    this.busy = false;
    return this.failure === null;
  }
}
