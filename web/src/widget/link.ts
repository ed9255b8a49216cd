/**
 * The connection: opens, keeps alive, comes back.
 *
 * A socket can be half open for minutes, above all on telephones: so we ping, and a reply that stays out closes it. We come
 * back after a random pause (full jitter), and at once when the page or the network comes back.
 */
import { parseFrame, type ClientFrame, type Hello, type ServerFrame } from "./protocol.ts";

export const HEARTBEAT = 20_000; // ms
const OVERDUE = 10_000; // ms without any frame after a ping
const FIRST_PAUSE = 500; // ms
const LONGEST_PAUSE = 30_000; // ms

/** Nothing that another try would mend: bad hello, identity, origin, unknown inbox, too large. */
const FINAL = new Set([4400, 4402, 4403, 4404, 4413]);
const UNAUTHORIZED = 4401;

export type LinkState = "connecting" | "live" | "waiting" | "stopped";

export interface Wire {
  readonly readyState: number;
  addEventListener(type: "open", listener: () => void): void;
  addEventListener(type: "message", listener: (event: { data: unknown }) => void): void;
  addEventListener(type: "close", listener: (event: { code: number }) => void): void;
  send(text: string): void;
  close(code?: number): void;
}

export interface LinkOptions {
  open: () => Wire;
  hello: () => Hello;
  frame: (frame: ServerFrame) => void;
  state: (state: LinkState) => void;
  /** The session is no longer known: it is to be dropped before the next hello. */
  forget: () => void;
  random?: () => number;
}

/** The pause before try `attempt` (from 0): anything up to 0.5 s doubled each time, at most 30 s. */
export function pauseBefore(attempt: number, random: number): number {
  return random * Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(attempt, 10));
}

export class Link {
  #wire: Wire | null = null;
  #attempt = 0;
  #state: LinkState = "waiting";
  #stopped = true;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #beat: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: LinkOptions) {}

  start(): void {
    if (!this.#stopped) return;
    this.#stopped = false;
    this.#connect();
  }

  stop(): void {
    this.#stopped = true;
    this.#drop();
    this.#turn("stopped");
  }

  /** Page or network are back: do not wait for the pause to end, and ask a socket that may be dead. */
  wake(): void {
    if (this.#stopped) return;
    if (this.#state === "waiting") this.#connect();
    else if (this.#state === "live") this.#ping();
  }

  /** Begin again with a new hello, as after a gap. */
  again(): void {
    if (this.#stopped) return;
    this.#drop();
    this.#later();
  }

  send(frame: ClientFrame): boolean {
    if (this.#state !== "live" || this.#wire?.readyState !== 1) return false;
    this.#wire.send(JSON.stringify(frame));
    return true;
  }

  #connect(): void {
    this.#drop();
    this.#turn("connecting");
    const wire = this.options.open();
    this.#wire = wire;
    const isOurs = () => wire === this.#wire; // what a socket says after we left it is not heard
    wire.addEventListener("open", () => {
      if (!isOurs()) return;
      wire.send(JSON.stringify(this.options.hello()));
      this.#expect();
    });
    wire.addEventListener("message", (event) => isOurs() && this.#heard(event.data));
    wire.addEventListener("close", (event) => isOurs() && this.#closed(event.code));
    this.#expect();
  }

  #heard(data: unknown): void {
    const frame = parseFrame(data);
    if (!frame) return;
    if (frame.type === "welcome") {
      this.#attempt = 0;
      this.#turn("live");
    }
    if (this.#state === "live") this.#rest();
    this.options.frame(frame);
  }

  #closed(code: number): void {
    this.#drop();
    if (code === UNAUTHORIZED) this.options.forget();
    if (FINAL.has(code)) this.stop();
    else this.#later();
  }

  #later(): void {
    this.#turn("waiting");
    const pause = pauseBefore(this.#attempt++, (this.options.random ?? Math.random)());
    this.#retry = setTimeout(() => this.#connect(), pause);
  }

  /** All is well: ping after a while. */
  #rest(): void {
    clearTimeout(this.#beat);
    this.#beat = setTimeout(() => this.#ping(), HEARTBEAT);
  }

  #ping(): void {
    this.send({ type: "ping" });
    this.#expect();
  }

  /** Something must come now, or the socket is dead. */
  #expect(): void {
    clearTimeout(this.#beat);
    this.#beat = setTimeout(() => this.again(), OVERDUE);
  }

  #drop(): void {
    clearTimeout(this.#retry);
    clearTimeout(this.#beat);
    const wire = this.#wire;
    this.#wire = null;
    wire?.close();
  }

  #turn(state: LinkState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.options.state(state);
  }
}
