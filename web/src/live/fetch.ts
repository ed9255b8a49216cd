/** Fetches the entities that every screen needs, whole: at the start, and when the stream cannot tell what was missed. */
import { api } from "../api/index.ts";
import type { State } from "./state.ts";

export async function fetchAll(state: State): Promise<void> {
  const [counters, inboxes, managers, campaigns, clients, teams] = await Promise.all([
    api.counters(),
    api.inboxes.list(),
    api.managers.list(),
    api.campaigns.list(),
    api.clients.list().catch(() => ({ items: [] })),
    api.teams.list(),
  ]);
  fill(state.inboxes, inboxes.items);
  fill(state.managers, managers.items);
  fill(state.campaigns, campaigns.items);
  fill(state.clients, clients.items);
  fill(state.teams, teams.items);
  state.counters = counters;
  state.position = counters.position;
}

function fill<T extends { id: string }>(map: Map<string, T>, items: T[]): void {
  map.clear();
  for (const item of items) map.set(item.id, item);
}
