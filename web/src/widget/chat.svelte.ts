/** One visitor's chat: joins the connection, the outbox, the log and what is kept, and says what the panel shows. */
import { Link, type LinkState, type Wire } from "./link.ts";
import { apply, emptyLog, failed, forgotten, hasGap, oldest, said, unread, type Entry, type Log } from "./log.ts";
import type { Memory } from "./memory.ts";
import { newClientId, Outbox } from "./outbox.ts";
import type { Greeting, Hello, ServerFrame, Welcome } from "./protocol.ts";
import type { Sent } from "./files.ts";

const TYPING_AGAIN = 3000; // ms: said at most that often
const TYPING_STOPS = 5000; // ms without a key
const TYPING_FADES = 6000; // ms: theirs, when no more is heard
const LONGEST_PAUSE = 60; // seconds that a refused message waits at most

export interface ChatOptions {
  memory: Memory;
  open: () => Wire;
  locale: string;
  page: () => Hello["page"];
  token?: string | undefined;
}

/** Refusals that another try would not change. */
const HOPELESS = new Set(["too_large", "empty", "bad_frame", "unknown_file"]);

export class Chat {
  #log = $state.raw<Log>(emptyLog);
  link = $state.raw<LinkState>("waiting");
  greeting = $state.raw<Greeting | null>(null);
  limits = $state.raw<Welcome["limits"]>({ text: 8000, files: 0, file: 0 });
  online = $state.raw(true);
  typist = $state.raw<string | null>(null);
  form = $state.raw<Record<string, string>>({});
  formNeeded = $state.raw(false);
  /** Code of what the service last refused and the visitor should know. */
  refused = $state.raw<string | null>(null);
  rated = $state.raw(false);
  /** The visitor has what they came for; whether we have too is the ticket's state. */
  ended = $state.raw(false);
  /** The visitor was about to go with an open question. */
  leaving = $state.raw(false);
  read = $state.raw(0);
  visible = $state.raw(false);
  /** What was just said by the team, for those who listen instead of look. */
  announced = $state.raw("");

  readonly #memory: Memory;
  readonly #link: Link;
  readonly #outbox: Outbox;
  #token: string | undefined;
  #typedAt = 0;
  #stops: ReturnType<typeof setTimeout> | undefined;
  #fades: ReturnType<typeof setTimeout> | undefined;
  #resumes: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: ChatOptions) {
    this.#memory = options.memory;
    this.#token = options.token;
    this.#forgetAnother();
    const { pending = [], form = {} } = this.#memory.kept;
    this.form = form;
    this.#log = pending.reduce((log, message) => said(log, message, new Date().toISOString()), emptyLog);
    this.#outbox = new Outbox(
      ({ clientId, text, files }) =>
        this.#link.send({ type: "message", client_id: clientId, text, attachments: files?.map((file) => file.id) }),
      (queue) => this.#memory.keep({ pending: [...queue] }),
      pending,
    );
    this.#link = new Link({
      open: options.open,
      hello: () => this.#hello(),
      frame: (frame) => this.#heard(frame),
      state: (state) => this.#turned(state),
      forget: () => this.#memory.keep({ session: undefined }),
    });
  }

  get entries(): readonly Entry[] {
    return this.#log.entries;
  }

  get older(): readonly Entry[] {
    return this.#log.older;
  }

  get more(): boolean {
    return this.#log.more;
  }

  get state(): string | undefined {
    return this.#log.state;
  }

  get seenByTeam(): number {
    return this.#log.readByTeam;
  }

  get unread(): number {
    return unread(this.#log, this.read);
  }

  /** The last word is the visitor's. */
  get unanswered(): boolean {
    const last = this.#log.entries.at(-1);
    return !this.ended && last?.mine === true && last.status === "sent";
  }

  /** An answer could be mailed, if we knew where to. */
  get mayMail(): boolean {
    return !!this.greeting?.mail && !this.form.email && !this.formNeeded && this.entries.length > 0;
  }

  /** Ask once before the visitor goes with an open question; tell whether we do. */
  asksFirst(): boolean {
    if (this.leaving || !this.mayMail || !this.unanswered) return false;
    return (this.leaving = true);
  }

  start(): void {
    this.#link.start();
  }

  stop(): void {
    this.#link.stop();
  }

  wake(): void {
    this.#link.wake();
    this.#markRead();
  }

  say(text: string, files: Sent[] = []): void {
    const message = { clientId: newClientId(), text: text.trim(), files };
    if (!message.text && !files.length) return;
    this.refused = null;
    this.ended = false;
    this.typing(false);
    this.#log = said(this.#log, message, new Date().toISOString());
    this.#outbox.add(message);
  }

  /** Say a refused message again, under a new id: the old one is known to be refused. */
  sayAgain(entry: Entry): void {
    this.#log = forgotten(this.#log, entry.key);
    this.say(entry.text, entry.files as Sent[]);
  }

  introduce(form: Record<string, string>): void {
    this.form = { ...this.form, ...form };
    this.formNeeded = false;
    this.refused = null;
    this.#memory.keep({ form: this.form });
    this.#link.send({ type: "introduce", form: this.form });
  }

  typing(on: boolean): void {
    clearTimeout(this.#stops);
    const now = Date.now();
    if (on) this.#stops = setTimeout(() => this.typing(false), TYPING_STOPS);
    const due = on ? now - this.#typedAt > TYPING_AGAIN : this.#typedAt > 0;
    if (due && this.#link.send({ type: "typing", on })) this.#typedAt = on ? now : 0;
  }

  askHistory(): void {
    const before = oldest(this.#log);
    if (before !== undefined && before > 1) this.#link.send({ type: "history", before });
  }

  end(): void {
    this.ended = this.#link.send({ type: "end" });
  }

  rate(score: number): void {
    this.rated = this.#link.send({ type: "rate", score });
  }

  /** The panel is on the screen, or no longer. */
  show(visible: boolean): void {
    this.visible = visible;
    this.#memory.keep({ open: visible });
    this.#markRead();
  }

  /** A signed session is one person's: it does not pass to whoever sits here after them. */
  #forgetAnother(): void {
    if (this.#memory.kept.signed && !this.#token) this.#memory.forget();
  }

  #hello(): Hello {
    const { session, form } = this.#memory.kept;
    const { ticket, seen } = this.#log;
    return {
      type: "hello",
      session,
      identity_token: this.#token,
      ticket,
      since: ticket === undefined ? undefined : seen,
      locale: this.options.locale,
      page: this.options.page(),
      form,
    };
  }

  #turned(state: LinkState): void {
    this.link = state;
    if (state !== "live") {
      this.#outbox.pause();
      this.typist = null;
    }
  }

  #heard(frame: ServerFrame): void {
    this.#log = apply(this.#log, frame);
    if (hasGap(this.#log)) return this.#link.again();
    switch (frame.type) {
      case "welcome":
        return this.#welcomed(frame);
      case "ack":
        this.#outbox.settle(frame.client_id);
        break;
      case "typing":
        return this.#theyType(frame.on ? (frame.name ?? "") : null);
      case "queue":
        this.online = frame.online;
        break;
      case "message":
        if (frame.from.side === "team") this.#answered(frame.from.name, frame.text);
        else if (frame.client_id) this.#outbox.settle(frame.client_id);
        break;
      case "ticket":
        this.read = 0;
        this.rated = false;
        break;
      case "error":
        return this.#refuse(frame);
    }
    this.#markRead();
  }

  #welcomed(frame: Extract<ServerFrame, { type: "welcome" }>): void {
    const signed = this.#token !== undefined || this.#memory.kept.signed;
    const known = frame.ticket !== undefined && frame.ticket === this.#memory.kept.ticket;
    this.read = known ? Math.max(this.read, this.#memory.kept.read ?? 0) : 0;
    this.#memory.keep({ session: frame.session, signed, ticket: frame.ticket });
    this.#token = undefined; // it lives an hour at most; from now on the session speaks for the visitor
    this.greeting = frame.greeting;
    this.limits = frame.limits;
    this.online = frame.queue.online;
    this.formNeeded = !signed && frame.greeting.form.some((field) => field.required && !this.form[field.name]);
    this.#outbox.ready();
    this.#markRead();
  }

  #answered(name: string | undefined, text: string): void {
    this.#theyType(null);
    this.announced = name ? `${name}: ${text}` : text;
  }

  #theyType(name: string | null): void {
    clearTimeout(this.#fades);
    this.typist = name;
    if (name !== null) this.#fades = setTimeout(() => (this.typist = null), TYPING_FADES);
  }

  #refuse(frame: Extract<ServerFrame, { type: "error" }>): void {
    this.refused = frame.code;
    if (frame.code === "form_required") this.formNeeded = true;
    if (frame.client_id === undefined) return;
    if (HOPELESS.has(frame.code)) {
      this.#log = failed(this.#log, frame.client_id);
      this.#outbox.settle(frame.client_id);
      return;
    }
    this.#outbox.pause();
    clearTimeout(this.#resumes);
    const pause = Math.min(frame.retry_after ?? 5, LONGEST_PAUSE) * 1000;
    this.#resumes = setTimeout(() => this.link === "live" && this.#outbox.ready(), pause);
  }

  /** Only what is on the screen has been read. */
  #markRead(): void {
    if (!this.visible || document.visibilityState !== "visible") return;
    const last = this.#log.entries.reduce((most, entry) => (entry.mine ? most : Math.max(most, entry.seq ?? 0)), 0);
    if (last <= this.read) return;
    this.read = last;
    this.#memory.keep({ read: last, ticket: this.#log.ticket });
    this.#link.send({ type: "read", seq: last });
  }
}
