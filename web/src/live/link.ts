/** The socket: says hello with the last position, comes back by itself, never loses its place. */
import type { ClientFrame, ServerFrame } from "../api/types.ts";

export type LinkState = "connecting" | "live" | "waiting" | "ended";

export interface LinkOptions {
  url: string;
  /** Where the screens stand; asked for at every hello. */
  position: () => string | null;
  onFrame: (frame: ServerFrame) => void;
  onState: (state: LinkState) => void;
  /** Injected in tests. */
  open?: (url: string) => WebSocket;
  random?: () => number;
}

const PING_EVERY = 20_000;
const DEAD_AFTER = 45_000;
const FIRST_DELAY = 300;
const LONGEST_DELAY = 15_000;
const SESSION_ENDED = 4401;

/** How long to wait before the nth try: doubling, capped, with jitter so that a whole team does not return at once. */
export function delayBefore(attempt: number, random: () => number): number {
  const ceiling = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** attempt);
  return ceiling / 2 + (random() * ceiling) / 2;
}

export class Link {
  readonly #options: LinkOptions;
  #socket: WebSocket | null = null;
  #attempt = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #heartbeat: ReturnType<typeof setInterval> | undefined;
  #heardAt = 0;
  #closed = false;
  /** What is true of this screen and must be said again after each reconnect. */
  readonly #standing = new Map<string, ClientFrame>();

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  start(): void {
    this.#closed = false;
    this.#connect();
  }

  stop(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#drop();
  }

  /** Try now: the network came back, or the person asked for it. */
  hurry(): void {
    if (this.#closed || this.#socket?.readyState === WebSocket.OPEN) return;
    clearTimeout(this.#retry);
    this.#attempt = 0;
    this.#connect();
  }

  /** Ask for a new beginning, after everything has been fetched again. */
  hello(): void {
    this.send({ type: "hello", since: this.#options.position() });
  }

  send(frame: ClientFrame): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  /** Say something that stays true until it is said anew: which ticket is open, for example. */
  state(frame: ClientFrame): void {
    this.#standing.set(frame.type, frame);
    this.send(frame);
  }

  #connect(): void {
    this.#drop();
    this.#options.onState("connecting");
    const open = this.#options.open ?? ((url: string) => new WebSocket(url));
    const socket = open(this.#options.url);
    this.#socket = socket;
    socket.addEventListener("open", () => this.#opened(socket));
    socket.addEventListener("message", (message: MessageEvent<string>) => this.#heard(socket, message.data));
    socket.addEventListener("close", (close: CloseEvent) => this.#lost(socket, close.code));
  }

  #opened(socket: WebSocket): void {
    if (socket !== this.#socket) return;
    this.#heardAt = Date.now();
    this.hello();
    for (const frame of this.#standing.values()) this.send(frame);
    this.#heartbeat = setInterval(() => this.#beat(), PING_EVERY);
  }

  #beat(): void {
    if (Date.now() - this.#heardAt > DEAD_AFTER) this.#socket?.close();
    else this.send({ type: "ping" });
  }

  #heard(socket: WebSocket, data: string): void {
    if (socket !== this.#socket) return;
    this.#heardAt = Date.now();
    const frame = JSON.parse(data) as ServerFrame;
    if (frame.type === "welcome") {
      this.#attempt = 0;
      this.#options.onState("live");
    }
    this.#options.onFrame(frame);
  }

  #lost(socket: WebSocket, code: number): void {
    if (socket !== this.#socket) return;
    this.#drop();
    if (this.#closed) return;
    if (code === SESSION_ENDED) {
      this.#options.onState("ended");
      return;
    }
    this.#options.onState("waiting");
    this.#retry = setTimeout(() => this.#connect(), delayBefore(this.#attempt++, this.#options.random ?? Math.random));
  }

  #drop(): void {
    clearInterval(this.#heartbeat);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }
}
