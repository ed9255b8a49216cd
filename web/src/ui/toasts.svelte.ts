/** Short words at the edge of the screen, said aloud politely. */
export interface Toast {
  id: number;
  text: string;
  kind: "ok" | "problem";
}

class Toasts {
  list = $state<Toast[]>([]);
  #next = 1;

  say(text: string, kind: Toast["kind"] = "ok"): void {
    const toast = { id: this.#next++, text, kind };
    this.list.push(toast);
    setTimeout(() => this.dismiss(toast.id), kind === "ok" ? 5_000 : 10_000);
  }

  dismiss(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }
}

export const toasts = new Toasts();
