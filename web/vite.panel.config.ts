// The widget's panel: one ES module that the launcher imports when it is first opened.
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [svelte({ compilerOptions: { css: "injected" } })],
  publicDir: false,
  build: {
    outDir: "../src/inbox/web/widget",
    emptyOutDir: true,
    target: "es2022",
    cssCodeSplit: false,
    lib: { entry: "src/widget/panel.ts", formats: ["es"], fileName: () => "panel.js" },
  },
});
