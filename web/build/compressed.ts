import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, gzip } from "node:zlib";
import type { Plugin } from "vite";

const WORTHWHILE = /\.(js|css|html|svg)$/;
const CODINGS = { br: promisify(brotliCompress), gz: promisify(gzip) };

/** Writes each text file a second and a third time, compressed, so that the hub need not. */
export function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    async writeBundle({ dir }) {
      if (dir === undefined) throw new Error("the build has no output folder");
      const names = await readdir(dir, { recursive: true });
      const texts = names.filter((name) => WORTHWHILE.test(name));
      await Promise.all(texts.map((name) => compress(join(dir, name))));
    },
  };
}

async function compress(file: string): Promise<void> {
  const content = await readFile(file);
  for (const [ending, coded] of Object.entries(CODINGS)) {
    await writeFile(`${file}.${ending}`, await coded(content));
  }
}
