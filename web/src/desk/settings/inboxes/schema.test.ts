import { expect, test } from "vitest";
import type { ConfigSchema } from "../../../api/types.ts";
import { begin, configOf, fieldsOf } from "./schema.ts";

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
