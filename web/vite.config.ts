import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";
import { compressed } from "./build/compressed.ts";

const HUB = process.env.MERGEHUB_URL ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [svelte(), compressed()],
  build: {
    // A part of the Python package, which serves the pages wherever it runs.
    outDir: "../shared/src/mergehub/pages",
    emptyOutDir: true,
    assetsInlineLimit: 0, // the hub's policy for pages allows no data: but images
    modulePreload: { polyfill: false },
    cssCodeSplit: false, // all of it is smaller than ten requests
    rolldownOptions: {
      // What several pages share is one file, as a browser fetches few of them at a time.
      output: {
        codeSplitting: {
          groups: [{ name: "shared", test: /\/src\/(app|components|hub)\//, minShareCount: 2 }],
        },
      },
    },
    target: "es2022",
  },
  server: { proxy: { "/v1": HUB, "/docs": HUB } },
});
