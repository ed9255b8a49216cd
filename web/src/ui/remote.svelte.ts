/** Something that a screen fetches for itself: on its way, here, or failed with a reason. */
export class Remote<T> {
  value = $state.raw<T | null>(null);
  problem = $state.raw<unknown>(null);
  readonly #fetch: () => Promise<T>;
  #asked = 0;

  constructor(fetch: () => Promise<T>) {
    this.#fetch = fetch;
  }

  /** Fetch it, or fetch it again; what is shown stays until the answer is here. Of two askings the later one counts. */
  async load(): Promise<void> {
    const asked = ++this.#asked;
    this.problem = null;
    try {
      const value = await this.#fetch();
      if (asked === this.#asked) this.value = value;
    } catch (problem) {
      if (asked === this.#asked) this.problem = problem;
    }
  }
}
