/** Whom the answer goes to: as it is proposed until a person says otherwise, and what is known of their addresses. */
import { api } from "../../api/index.ts";
import type { KnownAddress } from "../../api/types.ts";
import { type Envelope, envelopeOf, everybody, kept, keyOf, nobody, type Part, parts, type Person, put, without } from "./people.ts";

const PATIENCE = 3_000; // for a proposal; without it the answer goes to the contact

export class Addressing {
  people = $state.raw<Envelope>(nobody());
  /** The contact alone, and everybody who was in it. */
  one = $state.raw<Envelope>(nobody());
  all = $state.raw<Envelope>(nobody());
  #known = $state.raw<Record<string, KnownAddress>>({});
  #touched = false;
  asked = false;
  #loading: Promise<void> = Promise.resolve();

  readonly #keep: (text: string) => void;

  /** `before`: what an earlier page kept of a choice; `keep` is told of each new one. */
  constructor(before = "", keep: (text: string) => void = () => undefined) {
    this.#keep = keep;
    const chosen = kept(before);
    if (chosen === null) return;
    this.people = chosen;
    this.#touched = true;
  }

  /** Propose anew whom to answer, unless a person has chosen. */
  load(ticket: string): void {
    this.#loading = this.#load(ticket);
  }

  async #load(ticket: string): Promise<void> {
    try {
      const found = await api.tickets.recipients(ticket);
      this.one = envelopeOf(found.reply);
      this.all = envelopeOf(found.reply_all);
      if (!this.#touched) this.people = this.all;
      this.#known = {};
      await this.#look();
    } catch {
      // Without a proposal the answer goes to the contact: the service knows their address.
    }
  }

  choose(envelope: Envelope): void {
    this.#touched = true;
    this.people = envelope;
    this.#keep(JSON.stringify(envelope));
    void this.#look();
  }

  add(part: Part, people: Person[]): void {
    this.choose(put(this.people, part, people));
  }

  remove(person: Person): void {
    this.choose(without(this.people, person));
  }

  /** What the next request says; waits for a proposal that is on its way, and says so by `asked`. */
  async spoken(): Promise<Partial<Envelope>> {
    this.asked = true;
    await Promise.race([this.#loading, new Promise((done) => setTimeout(done, PATIENCE))]);
    this.asked = false;
    return parts(this.people);
  }

  /** Sent: the next answer is proposed anew. */
  done(): void {
    this.#touched = false;
    this.#keep("");
    this.people = this.all;
  }

  of(person: Person): KnownAddress | undefined {
    return this.#known[keyOf(person)];
  }

  /** Whether somebody typed an address that nobody ever wrote from; whom the contact named is theirs to know. */
  isNew(person: Person): boolean {
    return this.of(person)?.known === false && !everybody(this.all).some((other) => keyOf(other) === keyOf(person));
  }

  get unknown(): Person[] {
    return everybody(this.people).filter((person) => this.isNew(person));
  }

  /** Those whom mails do not reach: nothing is sent to them before somebody says so. */
  get gone(): KnownAddress[] {
    return everybody(this.people).flatMap((person) => this.of(person) ?? []).filter((known) => known.suppressed !== null);
  }

  async allTheSame(known: KnownAddress): Promise<void> {
    await api.suppressions.remove(known.address);
    this.#known = { ...this.#known, [known.address]: { ...known, suppressed: null } };
  }

  async #look(): Promise<void> {
    const asked = everybody(this.people).map(keyOf).filter((key) => !(key in this.#known));
    if (asked.length === 0) return;
    try {
      const found = await api.contacts.addresses(asked);
      this.#known = { ...this.#known, ...Object.fromEntries(found.items.map((one) => [one.address, one])) };
    } catch {
      // A warning less; the service checks again when the message is sent.
    }
  }
}
