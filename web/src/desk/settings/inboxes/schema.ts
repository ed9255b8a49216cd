/** A channel's JSON schema as the fields of a form, and a form's values as the channel's settings. */
import type { ConfigSchema, Locale, SchemaProperty } from "../../../api/types.ts";

export type FieldKind = "text" | "long" | "secret" | "number" | "yes" | "choice" | "lines" | "inbox" | "languages" | "json";

export interface Option {
  value: string;
  title: string;
}

export interface SchemaField {
  name: string;
  kind: FieldKind;
  title: string;
  description: string;
  required: boolean;
  options: Option[];
  initial: unknown;
  /** Comes with a value, so that nobody need think about whether it may be left empty. */
  filled: boolean;
  nullable: boolean;
  format: string | null;
  /** What the channel of another inbox must be able to do, to be chosen here. */
  capability: string | null;
  minimum: number | null;
  maximum: number | null;
  maxLength: number | null;
  /** Shown only while these others hold one of these values. */
  when: Record<string, string[]>;
  /** Choices for which an account's owner has to consent in a browser. */
  consent: string[];
  /** What a choice says about other fields. */
  fills: Record<string, Record<string, string>>;
}

const LONG = 300;

function resolved(property: SchemaProperty, schema: ConfigSchema): SchemaProperty {
  const reference = property.$ref ?? property.allOf?.[0]?.$ref;
  const name = reference?.split("/").at(-1);
  const found = name === undefined ? undefined : schema.$defs?.[name];
  return found === undefined ? property : { ...found, ...property };
}

/** `x | null` is `x` that may be left empty. */
function unwrapped(property: SchemaProperty, schema: ConfigSchema): { inner: SchemaProperty; nullable: boolean } {
  const options = property.anyOf?.map((option) => resolved(option, schema)) ?? [];
  const real = options.filter((option) => option.type !== "null");
  if (options.length === 0 || real.length !== 1) return { inner: resolved(property, schema), nullable: options.length > real.length };
  return { inner: { ...real[0], ...property }, nullable: options.length > real.length };
}

function kindOf(inner: SchemaProperty): FieldKind {
  if (inner.writeOnly === true || inner.format === "password") return "secret";
  if (inner.enum !== undefined) return "choice";
  if (inner.format === "inbox") return "inbox";
  if (inner.format === "by_language") return "languages";
  if (inner.type === "boolean") return "yes";
  if (inner.type === "integer" || inner.type === "number") return "number";
  if (inner.type === "array" && (inner.items?.type ?? "string") === "string") return "lines";
  if (inner.type === "string") return (inner.maxLength ?? 0) >= LONG ? "long" : "text";
  return "json";
}

/** What a value is called: by the schema, else by itself. */
function optionOf(value: string, inner: SchemaProperty, locale: Locale): Option {
  return { value, title: inner.options?.[value]?.[locale] ?? value.replaceAll("_", " ") };
}

export function fieldsOf(schema: ConfigSchema, locale: Locale): SchemaField[] {
  return Object.entries(schema.properties ?? {})
    .filter(([, property]) => property.readOnly !== true && property.const === undefined)
    .map(([name, property]) => {
      const { inner, nullable } = unwrapped(property, schema);
      const words = locale === "de" ? { ...property, ...property.de } : property;
      return {
        name,
        kind: kindOf(inner),
        title: words.title ?? inner.title ?? name,
        description: words.description ?? "",
        required: (schema.required?.includes(name) ?? false) || inner.needed === true,
        options: (inner.enum ?? []).map((value) => optionOf(String(value), inner, locale)),
        initial: property.default ?? null,
        filled: ![undefined, null, ""].includes(property.default as string) && !Array.isArray(property.default),
        nullable,
        format: inner.format ?? null,
        capability: typeof inner.capability === "string" ? inner.capability : null,
        minimum: inner.minimum ?? null,
        maximum: inner.maximum ?? null,
        maxLength: inner.maxLength ?? null,
        when: (inner.when ?? {}) as SchemaField["when"],
        consent: (inner.consent ?? []) as string[],
        fills: (inner.fills ?? {}) as SchemaField["fills"],
      };
    });
}

type Values = Record<string, string | boolean>;

/** The fields that matter while the others are as they are. */
export function fitting(fields: SchemaField[], values: Values): SchemaField[] {
  return fields.filter(({ when }) => Object.entries(when).every(([name, wanted]) => wanted.includes(String(values[name]))));
}

/** The values after one was chosen, with what that choice says about others. */
export function chosen(field: SchemaField, values: Values, value: string | boolean): Values {
  return { ...values, [field.name]: value, ...field.fills[String(value)] };
}

/** Whether what is chosen needs the consent of an account's owner. */
export function asksConsent(fields: SchemaField[], values: Values): boolean {
  return fields.some((field) => field.consent.includes(String(values[field.name])));
}

/** What the controls hold at first: text for everything but switches. */
export function begin(fields: SchemaField[], config: Record<string, unknown> | null): Record<string, string | boolean> {
  return Object.fromEntries(fields.map((field) => [field.name, shown(field, config?.[field.name] ?? field.initial)]));
}

function shown(field: SchemaField, value: unknown): string | boolean {
  if (field.kind === "yes") return value === true;
  if (field.kind === "secret" || value === null || value === undefined) return "";
  if (field.kind === "lines") return Array.isArray(value) ? value.join("\n") : "";
  if (field.kind === "languages") return JSON.stringify(value);
  return field.kind === "json" ? JSON.stringify(value, null, 2) : String(value as string | number);
}

/** What the API is sent. A secret that was left alone is null: keep it. One that was never there is left out. */
export function configOf(
  fields: SchemaField[],
  values: Record<string, string | boolean>,
  known: Record<string, unknown> | null,
): Record<string, unknown> {
  const config: Record<string, unknown> = {};
  for (const field of fields) {
    const value = read(field, values[field.name] ?? "");
    if (value !== undefined) config[field.name] = value;
    else if (field.kind === "secret" && known !== null) config[field.name] = null;
    else if (field.nullable && known !== null) config[field.name] = null;
  }
  return config;
}

function read(field: SchemaField, value: string | boolean): unknown {
  if (typeof value === "boolean") return value;
  if (field.kind === "languages") return textsOf(value);
  const text = field.kind === "secret" ? value : value.trim();
  if (field.kind === "lines") return text.split("\n").map((line) => line.trim()).filter(Boolean);
  if (text === "") return ["text", "long", "inbox"].includes(field.kind) ? (field.nullable || field.required ? undefined : "") : undefined;
  if (field.kind === "number") return Number(text);
  return field.kind === "json" ? JSON.parse(text) : text;
}

/** Texts by language, as a form keeps them; what was left empty is none. */
export function textsOf(value: string): Record<string, string> {
  const texts = JSON.parse(value || "{}") as Record<string, string>;
  return Object.fromEntries(Object.entries(texts).filter(([, text]) => text.trim() !== ""));
}
