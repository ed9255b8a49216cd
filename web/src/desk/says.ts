/** What went wrong, in the person's words. */
import { Problem } from "../api/index.ts";
import { en } from "../i18n/en.ts";
import { type Key, t } from "../i18n/index.svelte.ts";

function isKey(key: string): key is Key {
  return key in en;
}

export function says(problem: unknown): string {
  if (!(problem instanceof Problem)) return t("problem.unknown");
  const key = `problem.${problem.code}`;
  if (isKey(key)) return t(key);
  const first = problem.errors[0];
  if (first !== undefined) return `${first.pointer.replace(/^\//, "")}: ${first.message}`;
  return problem.detail || problem.message;
}

/** What is wrong with one field of a form, if anything. */
export function fieldError(problem: unknown, pointer: string): string | undefined {
  if (!(problem instanceof Problem)) return undefined;
  return problem.errors.find((error) => error.pointer === pointer)?.message;
}

/** The word for a value that the API names, or the value itself if it is one that we do not know. */
export function wordFor(kind: "phase" | "call", value: string): string {
  const key = `${kind}.${value}`;
  return isKey(key) ? t(key) : value;
}
