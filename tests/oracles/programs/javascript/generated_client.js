// A journey of `generated/`, built: a question in JSON on stdin (`module`, `url`, `image`, `token`, `secret`), what it
// told in JSON on stdout.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const asked = JSON.parse(readFileSync(0, "utf8"));
const { journey } = createRequire(import.meta.url)(asked.module);
process.stdout.write(JSON.stringify(await journey({ ...asked, image: new Uint8Array(readFileSync(asked.image)) })));
