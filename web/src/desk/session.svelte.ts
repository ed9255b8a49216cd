/** Who is signed in here, and everything that lives as long as they are. */
import { api, Problem } from "../api/index.ts";
import type { Availability, Channel, Locale, Me } from "../api/types.ts";
import { whenSignedOut } from "../api/client.ts";
import { words } from "../i18n/index.svelte.ts";
import { Live } from "../live/live.svelte.ts";

type Stage = "starting" | "unreachable" | "setup" | "signedOut" | "signedIn";

class Session {
  stage = $state<Stage>("starting");
  /** The session ended while work was open: sign in again over the page, drafts stay. */
  expired = $state(false);
  channels = $state.raw<Channel[]>([]);
  /** The page on which one can write as a visitor, while the demo runs. */
  demoUrl = $state<string | null>(null);
  #me = $state.raw<Me | null>(null);
  #live = $state.raw<Live | null>(null);

  get me(): Me {
    if (this.#me === null) throw new Error("nobody is signed in");
    return this.#me;
  }

  get live(): Live {
    if (this.#live === null) throw new Error("nobody is signed in");
    return this.#live;
  }

  get leads(): boolean {
    return this.#me !== null && this.#me.role !== "manager";
  }

  /** As everybody sees it: a colleague, a rule or another screen of ours may have changed it. */
  get availability(): Availability {
    return this.#live?.manager(this.me.id)?.availability ?? this.me.availability;
  }

  get isAdmin(): boolean {
    return this.#me?.role === "admin";
  }

  channel(kind: string): Channel | undefined {
    return this.channels.find((channel) => channel.kind === kind);
  }

  async begin(): Promise<void> {
    whenSignedOut(() => this.#ended());
    try {
      await this.enter(await api.session.me());
    } catch (problem) {
      if (problem instanceof Problem && problem.status === 401) await this.#outside();
      else this.stage = "unreachable";
    }
  }

  async #outside(): Promise<void> {
    const { needed } = await api.setup.needed();
    this.stage = needed ? "setup" : "signedOut";
  }

  /** Somebody has signed in: fetch what the screens need, then open them. */
  async enter(me: Me): Promise<void> {
    this.#live?.stop();
    this.#me = me;
    await words.use(me.locale);
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const live = new Live(me.id, `${scheme}://${location.host}/api/v1/live`);
    live.onEnded = () => this.#ended();
    const [{ items }] = await Promise.all([api.channels(), live.start()]);
    this.channels = items;
    this.#live = live;
    this.expired = false;
    this.stage = "signedIn";
    const demo = await api.demo.state().catch(() => null);
    this.demoUrl = demo?.running ? demo.demo_url : null;
  }

  async leave(): Promise<void> {
    await api.session.close();
    this.#live?.stop();
    location.assign("/");
  }

  #ended(): void {
    if (this.stage === "signedIn") this.expired = true;
  }

  update(me: Me): void {
    this.#me = me;
  }

  async speak(locale: Locale): Promise<void> {
    await words.use(locale);
    if (this.#me !== null) this.#me = await api.session.change({ locale });
  }

  async available(availability: Availability): Promise<void> {
    this.#me = await api.session.change({ availability });
    this.#live?.available(availability);
    const manager = this.#live?.manager(this.me.id);
    if (manager !== undefined) this.#live?.upsertEntity("managers", { ...manager, availability });
  }
}

export const session = new Session();
