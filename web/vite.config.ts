// The desk (the managers' screens) and the demo page; the widget has two builds of its own.
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

const service = "http://127.0.0.1:8000";

export default defineConfig(({ mode }) => ({
  plugins: [svelte()],
  build: {
    outDir: "../src/inbox/web",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0, // a strict CSP has no data: scripts or styles
    modulePreload: { polyfill: false },
    rollupOptions: { input: { desk: "index.html", demo: "demo/index.html" } },
  },
  server: {
    proxy: {
      "/api": { target: service, ws: true },
      "/chat": { target: service, ws: true },
      "/hooks": service,
      "/widget": service,
      "/widget.js": service,
    },
  },
  // Tests run the reactive parts as the browser does, not as a server would render them.
  ...(mode === "test" ? { resolve: { conditions: ["browser"] } } : {}),
  test: { include: ["src/**/*.test.ts"] },
}));
