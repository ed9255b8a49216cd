/**
 * The one script that a host page includes: a button, and nothing else before it is pressed.
 *
 *   <script async src="https://inbox.example/widget.js" data-inbox="…" data-color="#1f5fbf" data-position="right"
 *           data-label="Chat" data-locale="de" data-campaign="…" data-identity-token="…"></script>
 *
 * The panel is imported at the first press, or at once for a visitor who has chatted here before. Style sheets are made by
 * script, since a strict Content-Security-Policy forbids inline ones.
 */
import type { Panel, PanelOptions } from "./panel.ts";

const script = document.currentScript as HTMLScriptElement;
const options = script.dataset as PanelOptions["attributes"];
const base = new URL(".", script.src).href;
const color = options.color ?? "#1f5fbf";
const rgb = parseInt(color.slice(1), 16);
const isBright = (rgb >> 16) * 3 + ((rgb >> 8) & 255) * 6 + (rgb & 255) > 1500;

const host = document.createElement("div");
const root = host.attachShadow({ mode: "open" });
const button = document.createElement("button");
const sheet = new CSSStyleSheet();
sheet.replaceSync(
  `:host{all:initial;position:fixed;bottom:20px;${options.position === "left" ? "left" : "right"}:20px;z-index:2147483000}` +
    `.b{width:56px;height:56px;border:1px solid #0000;border-radius:50%;cursor:pointer;position:relative;` +
    `color:${isBright ? "#000" : "#fff"};background:${color};box-shadow:0 2px 12px #0005}` +
    `svg{width:26px;fill:currentColor;vertical-align:middle}` +
    `.b:focus-visible{outline:3px solid;outline-offset:2px}`,
);
root.adoptedStyleSheets = [sheet];
button.className = "b";
const svg = "http://www.w3.org/2000/svg";
const icon = document.createElementNS(svg, "svg");
const bubble = document.createElementNS(svg, "path");
icon.setAttribute("viewBox", "0 0 24 24");
bubble.setAttribute("d", "M4 3h16a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H9l-5 5v-5a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2");
icon.append(bubble);
button.append(icon);
button.ariaLabel = options.label ?? "Chat";
button.ariaExpanded = "false";
button.addEventListener("click", () => toggle());
root.append(button);
(document.body ?? document.documentElement).append(host);

let panel: Promise<Panel> | undefined;

const load = (name: string) => import(/* @vite-ignore */ `${base}widget/${name}.js`);

const loaded = (): Promise<Panel> =>
  (panel ??= load("panel").then(
    (module) => module.mount({ root, button, base, color, load, attributes: options }),
    (error) => {
      panel = undefined; // the next press tries again
      throw error;
    },
  ));

/** Open the chat, or close it. */
export const toggle = async (): Promise<void> => (await loaded()).toggle();

/** Forget the visitor of this browser, as when a member signs out. */
export const forget = async (): Promise<void> => (await loaded()).forget();

try {
  if (localStorage[`crowd-inbox:${options.inbox}`]) void loaded();
} catch {
  // Storage is forbidden here; the button works all the same.
}
