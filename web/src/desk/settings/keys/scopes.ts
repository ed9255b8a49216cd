/** What an API key may be allowed to do, subject by subject. */
import type { ApiKeyScope } from "../../../api/types.ts";

export const SCOPES: readonly ApiKeyScope[] = [
  "tickets:read",
  "tickets:write",
  "contacts:read",
  "contacts:write",
  "campaigns:read",
  "campaigns:write",
  "inboxes:read",
  "inboxes:admin",
  "managers:read",
  "events:read",
  "routing:read",
  "routing:write",
  "quarantine:read",
  "quarantine:write",
];
