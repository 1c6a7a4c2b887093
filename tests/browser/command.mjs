/** `doneyet run`: a command that knows nothing of doneyet, watched and cancelled from a page. */

import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

import { within } from "./harness.mjs";

/** A page that keeps every state of the task it hears. */
const PAGE = (daemon, task) => `<!doctype html><meta charset="utf-8"><title>Watching</title>
<script>
const states = [];
const ws = new WebSocket("ws://${daemon.address}/ws/progress/${task}");
ws.onmessage = (event) => states.push(JSON.parse(event.data));
ws.onopen = () => (document.title = "open");
</script>`;

async function watchingPage(bench, daemon, task) {
  const url = await bench.server((_, response) => response.setHeader("Content-Type", "text/html").end(PAGE(daemon, task)));
  const page = await bench.tab(url);
  await page.waitForFunction(() => document.title === "open");
  return page;
}

/** The state in which the task ended. */
async function end(page) {
  const ended = await page.waitForFunction(
    () => states.find(({ status }) => ["completed", "failed", "cancelled"].includes(status)) ?? null,
  );
  return ended.jsonValue();
}

/** The processes that `pid` started and that still are. */
function children(pid) {
  const list = `/proc/${pid}/task/${pid}/children`;
  return existsSync(list) ? readFileSync(list, "utf8").split(" ").filter(Boolean) : [];
}

export default {
  async "run shows a download's progress, and a cancel stops it"(bench) {
    const daemon = await bench.daemon();
    const files = await bench.fileServer(200e6);
    const page = await watchingPage(bench, daemon, "dl");
    const file = join(bench.directory(), "F");
    const run = bench.program("run", "--server", daemon.url, "--task", "dl", "--",
      "curl", "-o", file, "--limit-rate", "5M", `${files.url}/large`);
    await page.waitForFunction(() => new Set(states.map((s) => s.progress).filter(Boolean)).size >= 3);
    const curls = children(run.child.pid);
    assert.equal(curls.length, 1);

    await page.evaluate(() => ws.send(JSON.stringify({ action: "cancel" })));
    assert.equal(await within(run.ended, "the end of run"), 130);
    assert.equal(await within(files.transfers[0].ended, "the end of the transfer"), "broken off");
    assert.ok(!existsSync(`/proc/${curls[0]}`), "curl is still there");
    assert.ok(statSync(file).size < 200e6);
    const last = await end(page);
    assert.equal(last.status, "cancelled");
    assert.ok(last.progress < 100);
    const cancels = await page.evaluate(() => states.map((state) => state.cancel).filter(Boolean));
    assert.equal(cancels[0], "requested");
    assert.deepEqual(page.complaints, []);
  },

  async "run says when a command is done, and ends with its status"(bench) {
    const daemon = await bench.daemon();
    const files = await bench.fileServer(20e6);
    const file = join(bench.directory(), "F");
    const page = await watchingPage(bench, daemon, "dl");
    const download = bench.program("run", "--server", daemon.url, "--task", "dl", "--",
      "curl", "-o", file, "--limit-rate", "10M", `${files.url}/large`);
    assert.equal(await within(download.ended, "the end of run"), 0);
    assert.equal(await within(files.transfers[0].ended, "the end of the transfer"), "complete");
    assert.equal(statSync(file).size, 20e6);
    assert.equal((await end(page)).status, "completed");

    const sad = await watchingPage(bench, daemon, "sad");
    const failing = bench.program("run", "--server", daemon.url, "--task", "sad", "--", "sh", "-c", "exit 7");
    assert.equal(await within(failing.ended, "the end of run"), 7);
    assert.equal((await end(sad)).status, "failed");
  },

  async "run goes on when the daemon restarts"(bench) {
    let daemon = await bench.daemon();
    const files = await bench.fileServer(200e6);
    const before = await watchingPage(bench, daemon, "dl");
    const run = bench.program("run", "--server", daemon.url, "--task", "dl", "--",
      "curl", "-o", join(bench.directory(), "F"), "--limit-rate", "10M", `${files.url}/large`);
    await before.waitForFunction(() => states.some((state) => state.progress > 0));
    assert.equal(await daemon.end(), 0);
    daemon = await bench.daemon({ port: daemon.address.split(":")[1] });
    const after = await watchingPage(bench, daemon, "dl");
    await after.waitForFunction(() => new Set(states.map((state) => state.progress).filter(Boolean)).size >= 2);
    await after.evaluate(() => ws.send(JSON.stringify({ action: "cancel" })));
    assert.equal(await within(run.ended, "the end of run"), 130);
    assert.equal((await end(after)).status, "cancelled");
  },
};
