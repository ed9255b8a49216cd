/**
 * What the visitor said and the service has not confirmed: first in, first out, one at a time.
 *
 * Nothing leaves before `ready`, and the next message leaves only when the one before was acknowledged: so the order
 * holds through any number of lost connections. A message is said again with its own `client_id` and stored once.
 */

import type { Sent } from "./files.ts";

export interface Pending {
  clientId: string;
  text: string;
  files?: Sent[];
}

export class Outbox {
  #queue: Pending[];
  #ready = false;
  #flying = false;

  /**
   * @param send hands a message to the socket.
   * @param changed is told after every change, to keep the queue over a reload.
   */
  constructor(
    private readonly send: (message: Pending) => void,
    private readonly changed: (queue: readonly Pending[]) => void = () => {},
    queue: readonly Pending[] = [],
  ) {
    this.#queue = [...queue];
  }

  get pending(): readonly Pending[] {
    return this.#queue;
  }

  get waitsForAck(): boolean {
    return this.#flying;
  }

  add(message: Pending): void {
    this.#queue.push(message);
    this.changed(this.#queue);
    this.#next();
  }

  /** The service said welcome: whatever was in flight may be lost, so it is said again. */
  ready(): void {
    this.#ready = true;
    this.#flying = false;
    this.#next();
  }

  /** The connection is gone, or the service asked for a pause. */
  pause(): void {
    this.#ready = false;
    this.#flying = false;
  }

  /** The service holds the message, or refused it for good; only then the next one leaves. */
  settle(clientId: string): Pending | undefined {
    const at = this.#queue.findIndex((message) => message.clientId === clientId);
    if (at < 0) return undefined;
    const [settled] = this.#queue.splice(at, 1);
    if (at === 0) this.#flying = false;
    this.changed(this.#queue);
    this.#next();
    return settled;
  }

  #next(): void {
    const first = this.#queue[0];
    if (!this.#ready || this.#flying || !first) return;
    this.#flying = true;
    this.send(first);
  }
}

/** 128 random bits in the alphabet that the service takes. */
export function newClientId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
