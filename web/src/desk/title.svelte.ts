/** What the browser's tab says: what presses, otherwise what waits and what is on the screen. */
class Title {
  /** What is on the screen: the ticket, the list, the page of the settings. */
  place = $state("");
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
