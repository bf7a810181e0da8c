import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

/** One hash over everything that the build is made from, so that a test sees a forgotten build without npm. */
const files = readdirSync(".", { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => `${entry.parentPath}/${entry.name}`.replace(/^\.\//, ""))
  .filter((name) => !name.startsWith("node_modules/"))
  .sort();
const hash = createHash("sha256");
for (const name of files) hash.update(name).update("\0").update(readFileSync(name)).update("\0");
writeFileSync("../src/sosie/server/static/source.sha256", `${hash.digest("hex")}\n`);
