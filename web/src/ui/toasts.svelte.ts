/** Short words at the edge of the screen, said aloud politely. */
export interface Toast {
  id: number;
  text: string;
  kind: "ok" | "problem";
  act?: { label: string; run: () => void };
}

const SHORT = 5_000;
const LONG = 10_000;

class Toasts {
  list = $state<Toast[]>([]);
  #next = 1;

  say(text: string, kind: Toast["kind"] = "ok"): void {
    this.#show({ id: this.#next++, text, kind }, kind === "ok" ? SHORT : LONG);
  }

  /** Say what was done and offer one thing to do about it, once. */
  offer(text: string, label: string, run: () => unknown): void {
    this.#show({ id: this.#next++, text, kind: "ok", act: { label, run } }, LONG);
  }

  /** Do what the latest words offer; false if they offer nothing. */
  act(id?: number): boolean {
    const toast = this.list.findLast((one) => one.act !== undefined && (id === undefined || one.id === id));
    if (toast === undefined) return false;
    this.dismiss(toast.id);
    toast.act?.run();
    return true;
  }

  dismiss(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }

  #show(toast: Toast, lasts: number): void {
    this.list.push(toast);
    setTimeout(() => this.dismiss(toast.id), lasts);
  }
}

export const toasts = new Toasts();
