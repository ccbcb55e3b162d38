// A webhook receiver: 200 if a key verifies the request, else 400. `PUT /name` sets the key of
// `POST /name`: a secret for the official library, or the public key of a `v1a` signature; `GET /name`
// gives the last request there.
import { createPublicKey, verify } from "node:crypto";
import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";

const ED25519 = Buffer.from("302a300506032b6570032100", "hex"); // RFC 8410: before the raw key

const keys = new Map();
const last = new Map();

function verifies(key, body, headers) {
  if (key.startsWith("whpk_")) return verifiesPair(key, body, headers);
  try {
    new Webhook(key).verify(body, headers);
    return true;
  } catch {
    return false;
  }
}

function verifiesPair(key, body, headers) {
  const raw = Buffer.from(key.slice("whpk_".length), "base64");
  const publicKey = createPublicKey({
    key: Buffer.concat([ED25519, raw]),
    format: "der",
    type: "spki",
  });
  const signed = Buffer.from(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`);
  return headers["webhook-signature"]
    .split(" ")
    .map((each) => each.split(","))
    .some(([scheme, signature]) =>
      scheme === "v1a" && verify(null, signed, publicKey, Buffer.from(signature, "base64")));
}

function answer(request, body) {
  if (request.method === "PUT") {
    keys.set(request.url, body);
    return [204, ""];
  }
  if (request.method === "GET") return [200, JSON.stringify(last.get(request.url))];
  const key = keys.get(request.url);
  last.set(request.url, { body, headers: request.headers });
  if (!verifies(key, body, request.headers)) return [400, "not genuine"];
  if (verifies(key, `${body} `, request.headers)) return [500, "an altered body is accepted"];
  const later = { ...request.headers, "webhook-timestamp": "1700000000" };
  if (verifies(key, body, later)) return [500, "another time is accepted"];
  return [200, JSON.parse(body).type];
}

const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const [status, text] = answer(request, Buffer.concat(chunks).toString());
    response.writeHead(status).end(text);
  });
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.stdin.on("end", () => process.exit()).resume();
