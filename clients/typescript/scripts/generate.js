// Writes src/generated: the types of each OpenAPI document, and the POSTs that take a key.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";

const DOCUMENTS = new URL("../../openapi/", import.meta.url);
const GENERATED = new URL("../src/generated/", import.meta.url);
const SERVICES = ["registry", "lineage", "leaderboard"];

const keyed = [];
await mkdir(GENERATED, { recursive: true });
for (const service of SERVICES) {
  const document = JSON.parse(await readFile(new URL(`${service}.json`, DOCUMENTS), "utf8"));
  const types = astToString(await openapiTS(document, { defaultNonNullable: false }));
  await writeFile(new URL(`${service}.ts`, GENERATED), types);
  for (const [path, { post }] of Object.entries(document.paths)) {
    if (post?.parameters?.some(({ name }) => name === "Idempotency-Key")) keyed.push(path);
  }
}
const list = `export const KEYED: ReadonlySet<string> = new Set(${JSON.stringify(keyed, null, 2)});\n`;
await writeFile(new URL("keyed.ts", GENERATED), list);
