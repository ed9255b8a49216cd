/**
 * The files of the next message: a module of its own, imported when the visitor first attaches one.
 *
 * Each is sent up at once and has a line that says how far it is or what went wrong. Without Svelte: five lines at most,
 * and the panel need not hold for them what nothing else in it uses.
 */
import css from "./files.css?inline";
import { fileTexts, type FileTexts } from "./files.texts.ts";

export interface Sent {
  id: string;
  name: string;
  size: number;
}

/** Where the lines stand, where files go, and how much of them. */
export interface Place {
  list: HTMLElement;
  address: string;
  locale: string;
  session: () => string | undefined;
  /** Bytes of one file, and how many one message may have. */
  limits: () => { file: number; files: number };
  changed: () => void;
}

export interface Tray {
  readonly count: number;
  readonly busy: boolean;
  readonly faulty: boolean;
  readonly sent: Sent[];
  add(files: Iterable<File>): void;
  clear(): void;
}

export type Fault = "large" | "many" | "slow" | "refused" | "lost";

/** What an upload came to, by its status: 0 is a lost connection, or a page that forbids it. */
export function faultOf(status: number): Fault {
  if (status === 413) return "large";
  if (status === 429) return "slow";
  return status === 0 || status >= 500 ? "lost" : "refused";
}

export function sizeIn(locale: string, bytes: number): string {
  if (bytes < 1e6) return `${Math.ceil(bytes / 1e3)} kB`;
  return `${new Intl.NumberFormat(locale, { maximumFractionDigits: 1 }).format(bytes / 1e6)} MB`;
}

export function tray(place: Place): Tray {
  const root = place.list.getRootNode() as ShadowRoot;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
  const texts = fileTexts(place.locale);
  const lines = element("ul", { className: "files", ariaLabel: texts.files });
  const spoken = element("div", { className: "hidden", role: "status" });
  place.list.append(lines, spoken);

  let items: Item[] = [];
  const ready = () => items.filter((item) => item.id);
  const busy = () => items.some((item) => !item.id && !item.fault);
  const changed = () => {
    if (!busy()) spoken.textContent = ready().length ? texts.ready(ready().length) : "";
    place.changed();
  };
  const remove = (item: Item) => {
    items = items.filter((other) => other !== item);
    item.end();
    changed();
  };

  return {
    get count() {
      return items.length;
    },
    get busy() {
      return busy();
    },
    get faulty() {
      return items.some((item) => item.fault);
    },
    get sent() {
      return items.flatMap(({ id, file }) => (id ? [{ id, name: file.name, size: file.size }] : []));
    },
    add(files) {
      for (const file of files) {
        const { file: largest, files: most } = place.limits();
        const fault = items.length >= most ? "many" : file.size > largest ? "large" : undefined;
        const item = new Item(file, place, texts, { changed, remove });
        items.push(item);
        lines.append(item.line);
        if (fault) item.fail(fault);
        else item.send();
      }
    },
    clear() {
      for (const item of items) item.end();
      items = [];
      changed();
    },
  };
}

/** One file with its line. */
class Item {
  readonly line = element("li");
  id: string | undefined;
  fault: Fault | undefined;
  #request: XMLHttpRequest | undefined;

  constructor(
    readonly file: File,
    private readonly place: Place,
    private readonly texts: FileTexts,
    private readonly on: { changed: () => void; remove: (item: Item) => void },
  ) {}

  /** Not by fetch: it does not tell how far an upload is. */
  send(): void {
    const { file, place } = this;
    const bar = element("progress", { max: 1, value: 0, ariaLabel: this.texts.uploading(file.name) });
    const request = (this.#request = new XMLHttpRequest());
    this.fault = undefined;
    request.open("POST", `${place.address}?name=${encodeURIComponent(file.name.slice(-200) || "file")}`);
    request.setRequestHeader("authorization", `Bearer ${place.session() ?? ""}`);
    request.setRequestHeader("content-type", "application/octet-stream");
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => (bar.value = event.loaded / (event.total || 1)));
    request.addEventListener("load", () => this.#answered(request));
    request.addEventListener("error", () => this.fail("lost"));
    request.send(file);
    this.#draw(bar);
  }

  fail(fault: Fault): void {
    const { texts, place } = this;
    const { file, files } = place.limits();
    const words = fault === "large" ? texts.large(sizeIn(place.locale, file)) : fault === "many" ? texts.many(files) : texts[fault];
    this.fault = fault;
    const more = fault === "lost" || fault === "slow" ? [this.#button("link", texts.again, () => this.send())] : [];
    this.#draw(element("span", { className: "fault", role: "alert", textContent: words }), ...more);
  }

  end(): void {
    this.#request?.abort();
    this.line.remove();
  }

  #answered(request: XMLHttpRequest): void {
    this.id = request.status === 201 ? (request.response as Sent | null)?.id : undefined;
    if (!this.id) return this.fail(faultOf(request.status));
    this.#draw(element("span", { className: "file-size", textContent: sizeIn(this.place.locale, this.file.size) }));
  }

  #draw(...parts: HTMLElement[]): void {
    const name = element("span", { className: "file-name", textContent: this.file.name });
    const remove = this.#button("icon", "✕", () => this.on.remove(this));
    remove.ariaLabel = this.texts.remove(this.file.name);
    this.line.toggleAttribute("data-fault", !!this.fault);
    this.line.replaceChildren(name, ...parts, remove);
    this.on.changed();
  }

  #button(className: string, textContent: string, onclick: () => void): HTMLButtonElement {
    return element("button", { type: "button", className, textContent, onclick });
  }
}

function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
): HTMLElementTagNameMap[K] {
  return Object.assign(document.createElement(name), properties);
}
