// What a browser downloads at first, gzipped, against its budget. Fails when a budget is broken.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const built = join(import.meta.dirname, "../../src/inbox/web");
const gz = (path) => gzipSync(readFileSync(join(built, path)), { level: 9 }).length;

/** The script of a page and all that it imports before its first line runs. */
function initial(page, extension) {
  const html = readFileSync(join(built, page), "utf8");
  const seen = new Set();
  const follow = (path) => {
    if (seen.has(path)) return;
    seen.add(path);
    if (!path.endsWith(".js")) return;
    const source = readFileSync(join(built, path), "utf8");
    for (const [, found] of source.matchAll(/(?:^|[;}])(?:import|export)[^'"();]*?["']\.\/([^"']+\.js)["']/g))
      follow(`assets/${found}`);
  };
  for (const [, path] of html.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)) follow(path);
  return [...seen].filter((path) => path.endsWith(extension));
}

const budgets = [
  ["desk, initial JavaScript", initial("index.html", ".js"), 150_000],
  ["desk, initial CSS", initial("index.html", ".css"), 20_000],
  ["widget launcher", ["widget.js"], 1_024],
  ["widget panel", ["widget/panel.js"], 25_000],
  ["widget panel, in German", ["widget/panel.js", "widget/texts.de.js"], 25_600],
  ["widget, questions", ["widget/ask.js"], 3_000],
  ["widget, attaching files", ["widget/files.js"], 4_000],
];

let failed = false;
for (const [name, paths, budget] of budgets) {
  const size = paths.reduce((sum, path) => sum + gz(path), 0);
  const over = size > budget || (name.includes("JavaScript") && size === 0);
  failed ||= over;
  console.log(`${over ? "OVER" : "ok  "} ${name}: ${size} of ${budget} bytes gz (${paths.length} files)`);
}
process.exitCode = failed ? 1 : 0;
