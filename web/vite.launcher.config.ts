// The widget's launcher: the one script that a host page includes. Classic script, no framework, at most 1 kB.
import { defineConfig } from "vite";

export default defineConfig({
  publicDir: false,
  build: {
    outDir: "../src/inbox/web",
    emptyOutDir: false, // the desk is already there
    target: "es2020",
    modulePreload: false,
    lib: { entry: "src/widget/launcher.ts", formats: ["iife"], name: "CrowdInbox", fileName: () => "widget.js" },
  },
});
