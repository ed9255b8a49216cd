/** Who does what a key or a button asks for: the screen that registered last. */
import { isWriting, nameOf, pressOf } from "../ui/shortcuts.ts";
import { type Action, actionFor } from "./keys.ts";

type Handler = () => void | boolean;

const SWITCH = "inbox.singleKeys";

class Actions {
  /** WCAG 2.1.4: single keys can be switched off. */
  singleKeys = $state(localStorage.getItem(SWITCH) !== "off");
  readonly #handlers = new Map<Action, Handler[]>();

  switchKeys(on: boolean): void {
    this.singleKeys = on;
    localStorage.setItem(SWITCH, on ? "on" : "off");
  }

  /** Take these actions until the returned function is called. A handler that returns false lets the next one try. */
  take(handlers: Partial<Record<Action, Handler>>): () => void {
    const mine = Object.entries(handlers) as [Action, Handler][];
    for (const [action, handler] of mine) this.#handlers.set(action, [handler, ...(this.#handlers.get(action) ?? [])]);
    return () => {
      for (const [action, handler] of mine)
        this.#handlers.set(action, (this.#handlers.get(action) ?? []).filter((other) => other !== handler));
    };
  }

  run(action: Action): boolean {
    return (this.#handlers.get(action) ?? []).some((handler) => handler() !== false);
  }

  press(event: KeyboardEvent): void {
    if (event.defaultPrevented || document.querySelector("dialog[open], [popover]:popover-open") !== null) return;
    const name = nameOf(pressOf(event));
    if (name === null || (!this.singleKeys && name.length === 1)) return;
    if (name === "Enter" && !(event.target instanceof HTMLBodyElement)) return;
    const action = actionFor(name, isWriting(event.target));
    if (action !== undefined && this.run(action)) event.preventDefault();
  }
}

export const actions = new Actions();
