// Verifiers of others: questions in JSON lines on stdin, answers in JSON lines on stdout.
// {"secret", "body", "headers"} -> {verifier: true or the error's name}
import { createInterface } from "node:readline";
import { validateWebhook } from "replicate";
import * as standardwebhooks from "standardwebhooks";
import * as svix from "svix";

async function byReplicate({ secret, body, headers }) {
  const fields = { id: headers["webhook-id"], timestamp: headers["webhook-timestamp"], signature: headers["webhook-signature"] };
  if (!(await validateWebhook({ ...fields, body, secret }))) throw new Error("invalid");
}

const verifiers = {
  replicate: byReplicate,
  standardwebhooks: async ({ secret, body, headers }) => new standardwebhooks.Webhook(secret).verify(body, headers),
  svix: async ({ secret, body, headers }) => new svix.Webhook(secret).verify(body, headers),
};

for await (const line of createInterface({ input: process.stdin })) {
  const told = {};
  for (const [name, verify] of Object.entries(verifiers)) {
    try {
      await verify(JSON.parse(line));
      told[name] = true;
    } catch (refusal) {
      told[name] = refusal.constructor.name;
    }
  }
  process.stdout.write(`${JSON.stringify(told)}\n`);
}
