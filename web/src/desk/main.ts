/** Where the desk begins. */
import "../ui/tokens.css";
import "../ui/base.css";
import { mount } from "svelte";
import App from "./App.svelte";
import { t, words } from "../i18n/index.svelte.ts";
import { router } from "./router.svelte.ts";
import { session } from "./session.svelte.ts";
import { toasts } from "../ui/toasts.svelte.ts";
import { keptTheme, useTheme } from "./theme.ts";

useTheme(keptTheme());
// A dialog or page that is fetched when it is first wanted, from a service that is away or was renewed meanwhile.
addEventListener("vite:preloadError", () => toasts.offer(t("loading.stale"), t("reload"), () => location.reload()));
await words.begin();
router.start();
mount(App, { target: document.getElementById("app")! });
void session.begin();
