/** A thin fetch: JSON in and out, problems as errors, one idempotency key for each thing made. */

const BASE = "/api/v1";

export interface FieldError {
  pointer: string;
  message: string;
}

/** The service said no, and why (RFC 9457). `status` 0 means that it could not be reached. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly body: Record<string, unknown>;

  constructor(status: number, body: Record<string, unknown>) {
    const title = typeof body["title"] === "string" ? body["title"] : `HTTP ${status}`;
    super(title);
    this.status = status;
    this.body = body;
    this.code = typeof body["code"] === "string" ? body["code"] : status === 0 ? "unreachable" : "unknown";
    this.detail = typeof body["detail"] === "string" ? body["detail"] : "";
  }

  get errors(): FieldError[] {
    return Array.isArray(this.body["errors"]) ? (this.body["errors"] as FieldError[]) : [];
  }

  get retryAfter(): number | null {
    return typeof this.body["retry_after"] === "number" ? this.body["retry_after"] : null;
  }
}

let skew = 0;

/** The time as the service has it: deadlines are its own, and a browser's clock may be minutes off. */
export function serverNow(): number {
  return Date.now() + skew;
}

/** The header counts whole seconds and took a while to come: only a clock that is really off is corrected. */
function readClock(date: string | null): void {
  const off = date === null ? 0 : Date.parse(date) - Date.now();
  skew = Math.abs(off) > 3_000 ? off : 0;
}

export type Query = Record<string, string | number | boolean | null | undefined>;

let onUnauthorised: () => void = () => undefined;

/** Called when the session has ended while the desk was open. */
export function whenSignedOut(handler: () => void): void {
  onUnauthorised = handler;
}

function address(path: string, query: Query): string {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  return given.length > 0 ? `${BASE}${path}?${search}` : BASE + path;
}

async function problemOf(response: Response): Promise<Problem> {
  const body: unknown = await response.json().catch(() => null);
  return new Problem(response.status, body !== null && typeof body === "object" ? { ...body } : {});
}

async function send(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, { credentials: "same-origin", ...init }).catch((cause: unknown) => {
    throw new Problem(0, { title: "The service cannot be reached", detail: String(cause) });
  });
  readClock(response.headers.get("date"));
  if (response.ok) return response;
  const problem = await problemOf(response);
  if (problem.status === 401 && !url.startsWith(`${BASE}/session`) && !url.startsWith(`${BASE}/me`)) onUnauthorised();
  throw problem;
}

async function json<T>(method: string, path: string, body?: unknown, key?: string): Promise<T> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (body !== undefined) headers["content-type"] = "application/json";
  if (key !== undefined) headers["idempotency-key"] = key;
  const init: RequestInit = { method, headers };
  if (body !== undefined) init.body = JSON.stringify(body);
  const response = await send(path, init);
  return ([202, 204].includes(response.status) ? undefined : await response.json()) as T;
}

export const http = {
  get: <T>(path: string, query: Query = {}): Promise<T> => json<T>("GET", address(path, query)),
  post: <T>(path: string, body: unknown = {}, key: string = crypto.randomUUID()): Promise<T> =>
    json<T>("POST", address(path, {}), body, key),
  patch: <T>(path: string, body: unknown): Promise<T> => json<T>("PATCH", address(path, {}), body),
  put: <T>(path: string, body: unknown): Promise<T> => json<T>("PUT", address(path, {}), body),
  delete: <T = void>(path: string): Promise<T> => json<T>("DELETE", address(path, {})),
  upload: async <T>(path: string, query: Query, file: Blob): Promise<T> => {
    const headers = { "content-type": file.type || "application/octet-stream" };
    const response = await send(address(path, query), { method: "POST", headers, body: file });
    return (await response.json()) as T;
  },
};
