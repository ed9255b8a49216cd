/**
 * A few questions about the visitor: before the chat, or where an answer is mailed to. A module of its own, imported when
 * there is something to ask; most visitors never load it.
 */
import { askTexts } from "./ask.texts.ts";

export type Why = "start" | "offline" | "late" | "leave";

export interface Question {
  host: HTMLElement;
  locale: string;
  why: Why;
  fields: { name: string; required: boolean }[];
  done: (answers: Record<string, string>) => void;
  /** Without it there is no way around the questions. */
  skip?: (() => void) | undefined;
}

/** Show the questions; returns how to take them away. */
export function ask({ host, locale, why, fields, done, skip }: Question): () => void {
  const texts = askTexts(locale);
  const form = element("form", { className: "introduction", noValidate: true });
  if (why !== "start") form.append(element("p", { role: "status", textContent: texts[why] }));
  const asked = fields.map((field) => new Field(field.name, field.required, texts));
  form.append(...asked.flatMap((field) => field.parts));
  const buttons = element("p");
  buttons.append(element("button", { type: "submit", className: "send", textContent: why === "start" ? texts.start : texts.save }));
  if (skip) buttons.append(element("button", { type: "button", className: "link", textContent: texts.skip, onclick: skip }));
  form.append(buttons);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const faults = asked.map((field) => ({ field, fits: field.check() }));
    const wrong = faults.find(({ fits }) => !fits);
    if (wrong) wrong.field.input.focus();
    else done(Object.fromEntries(asked.map((field) => [field.name, field.answer])));
  });
  host.append(form);
  // Whoever is about to go, or cannot begin without it, is led there; nobody is torn away from what they write.
  if (why === "start" || why === "leave") asked[0]?.input.focus();
  return () => form.remove();
}

const labels = { name: "name", email: "email" } as const;

class Field {
  readonly input: HTMLInputElement;
  readonly parts: HTMLElement[];
  readonly #wrong: HTMLElement;

  constructor(
    readonly name: string,
    private readonly required: boolean,
    private readonly texts: ReturnType<typeof askTexts>,
  ) {
    const id = `crowd-${name}`;
    const label = element("label", { htmlFor: id, textContent: texts[labels[name as keyof typeof labels]] ?? name });
    const [type, autocomplete] = name === "email" ? (["email", "email"] as const) : (["text", "name"] as const);
    this.input = element("input", { id, name, type, autocomplete, maxLength: 254, required });
    this.#wrong = element("p", { id: `${id}-wrong`, className: "wrong", hidden: true });
    this.parts = [label, this.input, this.#wrong];
  }

  get answer(): string {
    return this.input.value.trim();
  }

  check(): boolean {
    const fault = this.#fault();
    this.#wrong.textContent = fault;
    this.#wrong.hidden = !fault;
    this.input.ariaInvalid = fault ? "true" : null;
    this.input.setAttribute("aria-describedby", fault ? this.#wrong.id : "");
    return !fault;
  }

  #fault(): string {
    if (!this.answer) return this.required ? this.texts.required : "";
    return this.name === "email" && !/^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/.test(this.answer) ? this.texts.wrongEmail : "";
  }
}

function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
): HTMLElementTagNameMap[K] {
  return Object.assign(document.createElement(name), properties);
}
