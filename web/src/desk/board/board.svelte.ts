/** The load board as it was last asked for; asked again when something changed, at most every two seconds. */
import { api } from "../../api/index.ts";
import type { Board } from "../../api/types.ts";
import { session } from "../session.svelte.ts";

const AT_MOST_EVERY = 2_000;
const ANYWAY_EVERY = 30_000; // loads also change by time alone

export class BoardFeed {
  value = $state.raw<Board | null>(null);
  problem = $state.raw<unknown>(null);
  /** While somebody drags or chooses, nothing moves under their hand. */
  held = $state(false);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #late = false;

  watch(): () => void {
    const { live } = session;
    const soon = (): void => this.#soon();
    const stops = [live.watch(soon), live.whenResynced(soon), live.listen((event) => event.data.manager && soon())];
    const anyway = setInterval(soon, ANYWAY_EVERY);
    void this.load();
    return () => {
      for (const stop of stops) stop();
      clearInterval(anyway);
      clearTimeout(this.#timer);
    };
  }

  async load(): Promise<void> {
    try {
      const board = await api.board();
      if (this.held) this.#late = true;
      else this.value = board;
      this.problem = null;
    } catch (problem) {
      this.problem = problem;
    }
  }

  hold(on: boolean): void {
    this.held = on;
    if (on || !this.#late) return;
    this.#late = false;
    void this.load();
  }

  #soon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (!document.hidden) void this.load();
      else this.#late = true;
    }, AT_MOST_EVERY);
  }
}
