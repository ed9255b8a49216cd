// The widget's panel: one ES module that the launcher imports when it is first opened. Not `lib`, which leaves ES modules
// half minified.
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [svelte()],
  publicDir: false,
  build: {
    outDir: "../src/inbox/web/widget",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: false,
    rollupOptions: {
      input: "src/widget/panel.ts",
      preserveEntrySignatures: "strict", // keep `mount`
      treeshake: { moduleSideEffects: (id) => !id.includes("/svelte/src/") }, // custom elements and legacy classes stay out
      output: { format: "es", entryFileNames: "panel.js", codeSplitting: false },
    },
  },
});
