/**
 * The snippets that people copy: the well-known one with a fixed address, and our own module;
 * each from a page of another port.
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { publish } from "./harness.mjs";

// As published, every byte; `taskId` is a constant in front of it. Its last statement is for
// later, "when the download is to be cancelled", and so becomes what the button does.
const SNIPPET = readFileSync(new URL("article.js", import.meta.url), "utf8");
const [AT_ONCE, LATER] = SNIPPET.split("// 要取消下載時\n");

const PAGE = `<!doctype html><meta charset="utf-8"><title>Downloads</title>
<progress max="100" value="0"></progress> <button>Cancel</button>
<script>
const taskId = "dl-42";
function updateProgressBar(progress) {
  document.querySelector("progress").value = progress;
}
</script>
<script>
${AT_ONCE}
document.querySelector("button").onclick = () => {
${LATER}
};
</script>`;

const MODULE_PAGE = (daemon) => `<!doctype html><meta charset="utf-8"><title>Downloads</title>
<progress max="100"></progress> <output></output> <button>Cancel</button>
<script type="module">
import { watch } from "${daemon.url}/doneyet.js";
const task = watch("dl-42", {
  onState: (state) => {
    document.querySelector("progress").value = state.progress;
    document.querySelector("output").value = state.cancel ?? state.status;
  },
  onConnection: (connection) => (document.title = connection),
});
document.querySelector("button").onclick = () => task.cancel();
</script>`;

/** Waits until the page's progress bar stands at `value`. */
const barAt = (page, value) =>
  page.waitForFunction((value) => document.querySelector("progress").value === value, value);

export default {
  async "the article's snippet works from a page of another port"(bench) {
    const daemon = await bench.daemon({ port: 8765 });
    await publish(daemon, "dl-42", { status: "downloading", progress: 10 });
    const page = await bench.tab(await bench.page(PAGE));
    const second = await bench.tab(await bench.page(PAGE));
    for (const progress of [10, 11, 57.5]) {
      await publish(daemon, "dl-42", { progress });
      await barAt(page, progress);
      await barAt(second, progress);
    }
    await page.click("button");
    // The wish is in the reply to whatever the worker says next.
    await second.waitForFunction(() => ws.readyState === WebSocket.OPEN);
    const asked = await until(() => publish(daemon, "dl-42", {}), (answer) => answer.cancel);
    assert.equal(asked.cancel, "requested");
    assert.equal(asked.watchers, 2);
    assert.deepEqual([...page.complaints, ...second.complaints], []);
  },

  async "the module works from a page of another port, and reconnects"(bench) {
    let daemon = await bench.daemon();
    await publish(daemon, "dl-42", { status: "downloading", progress: 10 });
    const page = await bench.tab(await bench.page(MODULE_PAGE(daemon)));
    await barAt(page, 10);
    await page.waitForFunction(() => document.title === "live");

    assert.equal(await daemon.end(), 0);
    await page.waitForFunction(() => document.title === "waiting");
    daemon = await bench.daemon({ port: daemon.address.split(":")[1] });
    await publish(daemon, "dl-42", { status: "downloading", progress: 20 });
    await barAt(page, 20);

    await page.click("button");
    await page.waitForFunction(() => document.querySelector("output").value === "requested");
    assert.equal((await publish(daemon, "dl-42", {})).cancel, "requested");
    await publish(daemon, "dl-42", { status: "cancelled" });
    await page.waitForFunction(() => document.querySelector("output").value === "cancelled");
    assert.deepEqual(page.complaints, []);
  },
};

/** Asks again and again: each question is a request of its own, so this is no busy loop. */
async function until(ask, enough) {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const answer = await ask();
    if (enough(answer)) return answer;
    assert.ok(performance.now() < deadline, `still ${JSON.stringify(answer)}`);
  }
}
