// The widget's panel: an ES module that the launcher imports when it is first opened, and those imported later: for files,
// for other languages. They share no code, so each is one file. Not `lib`, which leaves ES modules half minified.
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
      input: Object.fromEntries(["panel", "files", "ask", "texts.de", "texts.fr"].map((name) => [name, `src/widget/${name}.ts`])),
      preserveEntrySignatures: "strict", // keep `mount`
      treeshake: { moduleSideEffects: (id) => !id.includes("/svelte/src/") }, // custom elements and legacy classes stay out
      output: { format: "es", entryFileNames: "[name].js" },
    },
  },
});
