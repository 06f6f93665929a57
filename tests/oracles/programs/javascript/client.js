// What the provider's own JavaScript client makes of an API: questions in JSON on stdin, answers in JSON on stdout.
import { readFileSync } from "node:fs";
import Replicate from "replicate";

const asked = JSON.parse(readFileSync(0, "utf8"));
const client = new Replicate({ auth: asked.token, baseUrl: `${asked.base_url}/v1`, useFileOutput: false });
const wrong = new Replicate({ auth: "wrong", baseUrl: `${asked.base_url}/v1` });
const [owner, name] = asked.slug.split("/");
const reference = `${asked.slug}:${asked.version}`;
const input = { image: asked.image };

async function error(call) {
  try {
    await call();
  } catch (refusal) {
    return { status: refusal.response?.status, message: refusal.message };
  }
  throw new Error("it was not refused");
}

const created = await client.predictions.create({ version: asked.version, input });
const done = await client.wait(created, { interval: 50 });
const canceled = await client.predictions.create({ version: asked.version, input, webhook: asked.slow });
await client.predictions.cancel(canceled.id);
for (let count = 0; count < asked.runs; count++) {
  await client.predictions.create({ version: asked.version, input });
}
const pages = [];
for await (const batch of client.paginate(client.predictions.list)) {
  pages.push(batch.map((each) => each.id));
}
const model = await client.models.get(owner, name);
const versions = await client.models.versions.list(owner, name);
const told = {
  run: await client.run(reference, { input }),
  run_by_polling: await client.run(reference, { input, wait: { mode: "poll", interval: 50 } }),
  run_by_name: await client.run(asked.slug, { input }),
  started: { id: created.id, status: created.status, output: created.output ?? null },
  done: { id: done.id, status: done.status, output: done.output, version: done.version },
  got: (await client.predictions.get(created.id)).status,
  canceled: (await client.predictions.get(canceled.id)).status,
  pages,
  model: { name: `${model.owner}/${model.name}`, latest: model.latest_version.id },
  versions: versions.results.map((each) => each.id),
  version: (await client.models.versions.get(owner, name, asked.version)).openapi_schema.components.schemas.Output,
  secret: (await client.webhooks.default.secret.get()).key,
  wrong_token: await error(() => wrong.predictions.list()),
  wrong_version: await error(() => client.predictions.create({ version: "0".repeat(64), input })),
  unknown: await error(() => client.predictions.get("unknown")),
};
process.stdout.write(JSON.stringify(told));
