/** The chat panel, imported by the launcher when it is first opened. */
import { flushSync, mount as mountComponent, unmount } from "svelte";
import { Chat } from "./chat.svelte.ts";
import { browserStorage, Memory } from "./memory.ts";
import PanelView from "./Panel.svelte";
import css from "./panel.css?inline";
import { textsFor, type Texts } from "./texts.ts";

export interface PanelOptions {
  root: ShadowRoot;
  button: HTMLButtonElement;
  /** Where the service is: what the launcher was loaded from. */
  base: string;
  color: string;
  /** Imports another module of the widget. */
  load: (name: string) => Promise<unknown>;
  attributes: {
    inbox: string;
    color?: string;
    position?: string;
    label?: string;
    locale?: string;
    theme?: string;
    campaign?: string;
    identityToken?: string;
  };
}

export interface Panel {
  toggle(): void;
  forget(): void;
}

export async function mount(options: PanelOptions): Promise<Panel> {
  const place = dress(options.root, options.attributes);
  const locale = options.attributes.locale ?? (document.documentElement.lang || navigator.language);
  const words = { locale, texts: await textsFor(locale, options.load) };
  let visit = begin(place, words, options);
  listen(() => visit.chat);
  return {
    toggle: () => visit.toggle(),
    forget: () => {
      visit.end();
      visit = begin(place, words, options); // with the attributes as they are now: somebody else may be signed in
    },
  };
}

interface Words {
  locale: string;
  texts: Texts;
}

interface Visit {
  chat: Chat;
  toggle: () => void;
  end: () => void;
}

function begin(target: HTMLElement, words: Words, { button, base, load, attributes }: PanelOptions): Visit {
  const { locale } = words;
  const memory = new Memory(attributes.inbox, browserStorage());
  const chat = new Chat({
    memory,
    open: () => new WebSocket(addressOf(attributes.inbox, base)),
    locale,
    page: () => ({
      url: location.origin + location.pathname, // a query may hold what is nobody's business
      title: document.title.slice(0, 300),
      campaign: attributes.campaign,
    }),
    token: attributes.identityToken,
  });
  const toggle = () => {
    if (chat.visible && chat.asksFirst()) return;
    chat.start();
    chat.show(!chat.visible);
    if (!chat.visible) button.focus();
  };
  const announce = (words: string, unread: number) => {
    button.ariaExpanded = String(chat.visible);
    button.ariaLabel = words;
    button.dataset.unread = unread ? String(Math.min(unread, 99)) : "";
  };
  const { label, color } = attributes;
  const address = new URL(`chat/${encodeURIComponent(attributes.inbox)}/files`, base).href;
  const view = mountComponent(PanelView, {
    target,
    props: { ...words, chat, memory, announce, base, address, load, label, color, toggle },
  });
  const { session, open } = memory.kept;
  if (session) chat.start();
  if (open && innerWidth >= 480) chat.show(true); // on a telephone it would stand before the whole page
  return {
    chat,
    toggle,
    end: () => {
      chat.show(false);
      chat.stop();
      flushSync();
      void unmount(view);
      memory.forget();
    },
  };
}

function addressOf(inbox: string, base: string): URL {
  const address = new URL(`chat/${encodeURIComponent(inbox)}`, base);
  address.protocol = address.protocol.replace("http", "ws");
  return address;
}

/** A sheet made by script passes `style-src 'self'`; an inline one would not. */
function dress(root: ShadowRoot, { theme, position }: PanelOptions["attributes"]): HTMLElement {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
  const place = document.createElement("div");
  place.className = `place ${position === "left" ? "left" : "right"} ${theme ?? ""}`;
  root.append(place);
  return place;
}

/** Telephones freeze pages and their sockets: look again whenever page or network come back. */
function listen(chat: () => Chat): void {
  const wake = () => chat().wake();
  addEventListener("online", wake);
  addEventListener("pageshow", wake);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") wake();
  });
}
