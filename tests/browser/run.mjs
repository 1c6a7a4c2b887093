/** Runs every case in turn and counts: `node run.mjs [PART OF A NAME]`. */

import { Bench } from "./harness.mjs";
import article from "./article.mjs";
import dashboard from "./dashboard.mjs";
import demo from "./demo.mjs";
import command from "./command.mjs";
import recipes from "./recipes.mjs";
import types from "./types.mjs";
import watchers from "./watchers.mjs";
import ways from "./ways.mjs";

const wanted = process.argv[2] ?? "";
const count = { passed: 0, failed: 0 };

const cases = { ...article, ...dashboard, ...ways, ...watchers, ...types, ...command, ...recipes, ...demo };
for (const [name, run] of Object.entries(cases)) {
  if (!name.includes(wanted)) continue;
  const bench = new Bench();
  const begun = performance.now();
  let fault = null;
  try {
    await run(bench);
  } catch (error) {
    fault = error;
  }
  // Closing checks, too: a daemon that cannot end well has failed its case.
  await bench.close().catch((error) => (fault ??= error));
  count[fault ? "failed" : "passed"] += 1;
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  console.log(`${fault ? "FAILED" : "ok"}  ${name} (${seconds} s)`);
  if (fault) console.log(fault.stack ?? fault);
}

console.log(`${count.passed} passed, ${count.failed} failed`);
process.exit(count.failed === 0 && count.passed > 0 ? 0 : 1);
