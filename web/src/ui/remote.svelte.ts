/** Something that a screen fetches for itself: on its way, here, or failed with a reason. */
export class Remote<T> {
  value = $state.raw<T | null>(null);
  problem = $state.raw<unknown>(null);
  readonly #fetch: () => Promise<T>;

  constructor(fetch: () => Promise<T>) {
    this.#fetch = fetch;
  }

  /** Fetch it, or fetch it again; what is shown stays until the answer is here. */
  async load(): Promise<void> {
    this.problem = null;
    try {
      this.value = await this.#fetch();
    } catch (problem) {
      this.problem = problem;
    }
  }
}
