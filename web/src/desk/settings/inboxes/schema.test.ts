import { expect, test } from "vitest";
import type { ConfigSchema } from "../../../api/types.ts";
import { asksConsent, begin, chosen, configOf, fieldsOf, fitting } from "./schema.ts";

const schema: ConfigSchema = {
  required: ["host", "password"],
  $defs: { Form: { type: "string", enum: ["off", "name"] } },
  properties: {
    host: { type: "string", title: "Server", de: { title: "Rechner", description: "Wo es liegt." } },
    password: { type: "string", format: "password", writeOnly: true },
    previous: { anyOf: [{ type: "string", format: "password", writeOnly: true }, { type: "null" }], default: null },
    port: { type: "integer", default: 993, minimum: 1 },
    form: { $ref: "#/$defs/Form", default: "off", options: { off: { en: "Nothing", de: "Nichts" } } },
    sites: { type: "array", items: { type: "string" }, default: [] },
    active: { type: "boolean", default: true },
    continue_in: { type: "string", format: "inbox", capability: "starts_tickets", default: "" },
    greeting: { type: "string", maxLength: 500, default: "" },
  },
};

test("each property finds its control", () => {
  const kinds = Object.fromEntries(fieldsOf(schema, "en").map(({ name, kind }) => [name, kind]));
  expect(kinds).toEqual({
    host: "text",
    password: "secret",
    previous: "secret",
    port: "number",
    form: "choice",
    sites: "lines",
    active: "yes",
    continue_in: "inbox",
    greeting: "long",
  });
});

test("the German words are taken where there are some", () => {
  const [host, password] = fieldsOf(schema, "de");
  expect([host?.title, host?.description, password?.title]).toEqual(["Rechner", "Wo es liegt.", "password"]);
});

const titles = (locale: "en" | "de") =>
  fieldsOf(schema, locale)
    .find(({ name }) => name === "form")
    ?.options.map(({ title }) => title);

test("a choice is called as the schema says, else by its value", () => {
  expect([titles("en"), titles("de")]).toEqual([
    ["Nothing", "name"],
    ["Nichts", "name"],
  ]);
});

test("a new inbox sends what was filled in, and no secret that was left empty", () => {
  const fields = fieldsOf(schema, "en");
  const values = { ...begin(fields, null), host: " imap.example ", sites: "https://a\n\nhttps://b\n" };
  expect(configOf(fields, values, null)).toEqual({
    host: "imap.example",
    port: 993,
    form: "off",
    sites: ["https://a", "https://b"],
    active: true,
    greeting: "",
    continue_in: "",
  });
});

test("a secret is never shown, and null keeps it", () => {
  const fields = fieldsOf(schema, "en");
  const known = { host: "h", password: null, previous: null, port: 143, sites: ["https://a"], active: false };
  const values = begin(fields, known);
  expect(values["password"]).toBe("");
  expect(configOf(fields, values, known)).toMatchObject({ password: null, port: 143, active: false });
  expect(configOf(fields, { ...values, password: "new secret" }, known)).toMatchObject({ password: "new secret" });
});

const signIn: ConfigSchema = {
  properties: {
    by: {
      type: "string",
      enum: ["password", "google", "app"],
      default: "password",
      consent: ["google"],
      fills: { google: { host: "imap.gmail.com" } },
    },
    host: { type: "string", default: "" },
    password: { type: "string", format: "password", writeOnly: true, when: { by: ["password"] } },
    client: { type: "string", default: "", needed: true, when: { by: ["google", "app"] } },
  },
};

test("a field is shown only while it matters, and is needed then", () => {
  const fields = fieldsOf(signIn, "en");
  const names = (by: string): string[] => fitting(fields, { by }).map(({ name }) => name);
  expect(names("password")).toEqual(["by", "host", "password"]);
  expect(names("google")).toEqual(["by", "host", "client"]);
  expect(fields.find(({ name }) => name === "client")?.required).toBe(true);
});

test("a choice says what it knows about other fields", () => {
  const [by] = fieldsOf(signIn, "en");
  const values = { by: "password", host: "mail.example", client: "" };
  expect(chosen(by!, values, "google")).toEqual({ by: "google", host: "imap.gmail.com", client: "" });
  expect(chosen(by!, values, "app")).toEqual({ by: "app", host: "mail.example", client: "" });
});

test("only some choices need somebody's consent", () => {
  const fields = fieldsOf(signIn, "en");
  expect(asksConsent(fields, { by: "google" })).toBe(true);
  expect(asksConsent(fields, { by: "app" })).toBe(false);
});
