/** Where the desk begins. */
import "../ui/tokens.css";
import "../ui/base.css";
import { mount } from "svelte";
import App from "./App.svelte";
import { words } from "../i18n/index.svelte.ts";
import { router } from "./router.svelte.ts";
import { session } from "./session.svelte.ts";
import { keptTheme, useTheme } from "./theme.ts";

useTheme(keptTheme());
await words.begin();
router.start();
mount(App, { target: document.getElementById("app")! });
void session.begin();
