// Shows the services' OpenAPI documents as one, on the page that viewer.py serves.
"use strict";

const root = document.getElementById("operations");
const dark = matchMedia("(prefers-color-scheme: dark)");

show(root.dataset.documents.split(" "));

async function show(paths) {
  follow(dark);
  dark.addEventListener("change", follow);
  const answers = await Promise.all(paths.map((path) => fetch(path).catch(() => null)));
  const here = answers.filter((answer) => answer?.ok);
  tell(paths.filter((_, at) => !answers[at]?.ok));
  const documents = await Promise.all(here.map((answer) => answer.json()));
  window.ui = SwaggerUIBundle({
    domNode: root,
    spec: joined(documents),
    deepLinking: true,
    displayRequestDuration: true,
    docExpansion: "list",
    defaultModelsExpandDepth: -1,
    filter: true,
    tryItOutEnabled: true,
    validatorUrl: null,
  });
}

function follow({ matches }) {
  document.documentElement.classList.toggle("dark-mode", matches);
}

/** Names the services whose documents this address does not serve. */
function tell(absent) {
  const names = absent.map((path) => path.split("/").at(-1).replace(".json", ""));
  const note = document.getElementById("absent");
  note.textContent = `Not served at this address: ${names.join(", ")}.`;
  note.hidden = names.length === 0;
}

/** Combines documents into one. Renames a schema whose name has another meaning elsewhere. */
function joined(documents) {
  const whole = { ...documents[0], info: {}, tags: [], paths: {}, components: {} };
  for (const each of documents) add(whole, each);
  const isLast = ({ name }) => name === root.dataset.last;
  whole.tags.sort((one, other) => isLast(one) - isLast(other));
  whole.info = { title: "Operations", version: documents[0]?.info.version };
  return whole;
}

function add(whole, { info, paths, components }) {
  const [service] = info.title.split(" ").slice(-1);
  const known = whole.components.schemas ?? {};
  const differs = (name) => known[name] && !same(known[name], components.schemas[name]);
  const renamed = new Set(Object.keys(components.schemas).filter(differs));
  const name = (old) => (renamed.has(old) ? `${service}.${old}` : old);
  const part = JSON.parse(JSON.stringify({ paths, components }), (key, value) =>
    key === "$ref" ? value.replace(/[^/]+$/, name) : value,
  );
  for (const [kind, entries] of Object.entries(part.components)) {
    whole.components[kind] ??= {};
    for (const [key, value] of Object.entries(entries)) {
      whole.components[kind][kind === "schemas" ? name(key) : key] = value;
    }
  }
  Object.assign(whole.paths, part.paths);
  const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
  const tags = new Set(operations.flatMap(({ tags = [] }) => tags));
  whole.tags.push(...[...tags].map((tag) => ({ name: tag, description: `of the ${service}` })));
}

function same(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}
