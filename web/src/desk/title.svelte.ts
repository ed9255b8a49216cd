/** What the browser's tab says while something presses; otherwise it counts what waits. */
class Title {
  #pressing = $state.raw<{ by: object; text: string }[]>([]);

  get pressing(): string | null {
    return this.#pressing.at(-1)?.text ?? null;
  }

  /** Show this text until it is taken back with null. */
  press(by: object, text: string | null): void {
    const others = this.#pressing.filter((one) => one.by !== by);
    this.#pressing = text === null ? others : [...others, { by, text }];
  }
}

export const title = new Title();
