/** Whether the person is at the screen: away after five minutes without input, and back with the next key or press. */
import { t } from "../../i18n/index.svelte.ts";
import { toasts } from "../../ui/toasts.svelte.ts";
import { says } from "../says.ts";
import { session } from "../session.svelte.ts";
import { HERE, type Stage, stageAt } from "./stillness.ts";

const SHARED = "inbox.input"; // all tabs of one browser are one person
const TOLD_EVERY = 2_000;
const INPUT = ["keydown", "pointerdown", "pointermove", "wheel", "touchstart"] as const;

export class Attention {
  stage = $state.raw<Stage>(HERE);
  #input = Date.now();
  #told = 0;
  /** It was this rule that made them away, not they themselves. */
  #away = false;

  /** Watch until the returned function is called. */
  watch(): () => void {
    const timer = setInterval(() => this.#look(), 1_000);
    for (const name of INPUT) addEventListener(name, this.#felt, { capture: true, passive: true });
    addEventListener("storage", this.#elsewhere);
    return () => {
      clearInterval(timer);
      for (const name of INPUT) removeEventListener(name, this.#felt, { capture: true });
      removeEventListener("storage", this.#elsewhere);
    };
  }

  /** The connection is back, and the service takes a screen that opens for somebody who is there: it is not so. */
  reconnected(): void {
    if (this.#away) this.#be("away");
  }

  #look(): void {
    if (session.availability !== "online" && !this.#away) {
      this.stage = HERE;
      this.#input = Date.now();
      return;
    }
    this.stage = stageAt(Date.now(), this.#input, this.stage);
    if (this.stage.name !== "away" || this.#away) return;
    this.#away = true;
    this.#be("away");
  }

  readonly #felt = (event: Event): void => {
    // Once asked, a person answers on purpose: what they aim at must not vanish under a moving pointer.
    if (event.type === "pointermove" && this.stage.name !== "here") return;
    const now = Date.now();
    this.#input = now;
    if (now - this.#told > TOLD_EVERY) {
      this.#told = now;
      localStorage.setItem(SHARED, String(now));
    }
    if (this.stage.name === "warned") this.stage = HERE;
    if (this.#away) this.#back();
  };

  readonly #elsewhere = (event: StorageEvent): void => {
    if (event.key !== SHARED) return;
    this.#input = Math.max(this.#input, Number(event.newValue));
    this.stage = HERE;
    this.#away = false; // the tab that was touched says so
  };

  #back(): void {
    this.#away = false;
    this.stage = HERE;
    if (session.availability !== "away") return;
    this.#be("online");
    toasts.say(t("still.back"));
  }

  #be(availability: "online" | "away"): void {
    session.available(availability).catch((problem: unknown) => toasts.say(says(problem), "problem"));
  }
}
