/** The dashboard in a browser: what it shows, and that it comes back by itself. */

import assert from "node:assert/strict";

import { bar, batch, publish, row, says, screenshot } from "./harness.mjs";

/** One task of each kind that looks different. */
const TASKS = {
  film: { title: "Holiday.mp4", status: "downloading", loaded: 61e6, total: 200e6, speed: "2.5MB/s", eta: "00:56" },
  export: { title: "Quarterly report", status: "running", message: "Reading tables" },
  train: { title: "resnet, epoch 12", status: "training", progress: 40, speed: "3.1it/s", cancel: "refused" },
  backup: { title: "Backup of the archive", progress: 12, eta: "03:10:00" },
  done: { title: "Invoice.pdf", status: "completed", progress: 100 },
  broken: { title: "Video conversion", status: "failed", progress: 71, error: "No space left on device" },
  hostile: { title: "<img src=x onerror=\"document.title='owned'\">", progress: 5 },
};

async function furnished(bench) {
  const daemon = await bench.daemon();
  for (const [id, state] of Object.entries(TASKS)) await publish(daemon, id, state);
  await fetch(`${daemon.url}/api/progress/backup/cancel`, { method: "POST" });
  return daemon;
}

export default {
  async "the dashboard shows every task, and asks nobody else for anything"(bench) {
    const daemon = await furnished(bench);
    const page = await bench.tab(daemon.url);
    for (const { title } of Object.values(TASKS)) await row(page, title).waitFor();
    await says(row(page, "Holiday.mp4"), "2.5MB/s");
    await says(row(page, "Backup of the archive").getByRole("button"), "Cancel requested");
    await says(row(page, "resnet"), "refused to cancel");
    await says(row(page, "Video conversion"), "No space left on device");
    assert.equal(await bar(row(page, "resnet"), 40), 40);
    assert.notEqual(await page.title(), "owned");
    assert.equal(await page.locator("li.task img").count(), 0);
    assert.deepEqual([...page.addresses], [daemon.url]);
    assert.deepEqual(page.complaints, []);
    await screenshot(page, "dashboard-light");
  },

  async "the dashboard is drawn for the dark and for a phone"(bench) {
    const daemon = await furnished(bench);
    const phone = { viewport: { width: 375, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
    for (const [name, options] of Object.entries({
      "dashboard-dark": { colorScheme: "dark" },
      "dashboard-phone": phone,
      "dashboard-phone-dark": { ...phone, colorScheme: "dark" },
    })) {
      const page = await bench.tab(daemon.url, options);
      await row(page, "Holiday.mp4").waitFor();
      await screenshot(page, name);
      const [width, room] = await page.evaluate(() => [
        document.documentElement.scrollWidth,
        document.documentElement.clientWidth,
      ]);
      assert.ok(width <= room, `${name}: ${width} px wide in ${room}`);
      const button = await row(page, "Holiday.mp4").getByRole("button", { name: "Cancel" }).boundingBox();
      assert.ok(button.x >= 0 && button.x + button.width <= room && button.height >= 24, name);
    }
  },

  async "a printout has every row, also those beyond the screen"(bench) {
    const daemon = await bench.daemon();
    const ids = Array.from({ length: 60 }, (_, at) => `task-${at}`);
    await batch(daemon, ids.map((id) => JSON.stringify({ task_id: id, progress: 1 })));
    const page = await bench.tab(daemon.url);
    await page.locator("li.task").nth(59).waitFor({ state: "attached" });
    const drawn = () => page.locator("li.task h3").evaluateAll((titles) =>
      titles.filter((title) => title.checkVisibility({ contentVisibilityAuto: true })).length);
    assert.ok((await drawn()) < 60, "all rows fit the screen: this tests nothing");
    await page.emulateMedia({ media: "print" });
    assert.equal(await drawn(), 60);
  },

  async "a cancel clicked in one tab is seen in both, up to its end"(bench) {
    const daemon = await bench.daemon();
    await publish(daemon, "dl", { title: "Holiday.mp4", progress: 30 });
    const [one, two] = [await bench.tab(daemon.url), await bench.tab(daemon.url)];
    const rows = [one, two].map((page) => row(page, "Holiday.mp4"));
    for (const each of rows) assert.equal(await bar(each, 30), 30);
    await rows[0].getByRole("button", { name: "Cancel" }).click();
    for (const each of rows) await says(each.getByRole("button"), "Cancel requested");
    assert.equal((await publish(daemon, "dl", { progress: 31 })).cancel, "requested");
    await publish(daemon, "dl", { cancel: "acknowledged" });
    for (const each of rows) await says(each.getByRole("button"), "acknowledged");
    await publish(daemon, "dl", { status: "cancelled" });
    for (const each of rows) await says(each, "cancelled");
    assert.equal(await rows[1].getByRole("button").count(), 0);
  },

  async "the dashboard survives a restart of the daemon"(bench) {
    let daemon = await bench.daemon();
    await publish(daemon, "kept", { title: "Survivor", progress: 30 });
    await publish(daemon, "gone", { title: "Forgotten", progress: 60 });
    const page = await bench.tab(daemon.url);
    await row(page, "Forgotten").waitFor();
    const lamp = page.locator("#connection");
    await says(lamp, "live");

    assert.equal(await daemon.end(), 0);
    await page.locator("html[data-connection=lost]").waitFor();
    await says(page.locator("#notice"), "Not connected");
    await screenshot(page, "dashboard-disconnected");

    daemon = await bench.daemon({ port: daemon.address.split(":")[1] });
    await publish(daemon, "kept", { title: "Survivor", progress: 35 });
    await says(lamp, "live");
    await page.locator("#notice").waitFor({ state: "hidden" });
    assert.equal(await bar(row(page, "Survivor"), 35), 35);
    await row(page, "Forgotten").waitFor({ state: "detached" });
    await publish(daemon, "kept", { progress: 36 });
    await bar(row(page, "Survivor"), 36);
    assert.deepEqual(page.complaints, []);
  },

  async "the dashboard shows what a restarted daemon says, also under a lower revision"(bench) {
    let daemon = await bench.daemon();
    const page = await bench.tab(daemon.url);
    const lamp = page.locator("#connection");
    await says(lamp, "live");
    // As many changes as this take ten seconds' worth of revisions, in far less than that.
    const lines = Array.from({ length: 10_000 }, (_, at) => `{"task_id":"busy","progress":${20 + (at % 2)}}`);
    await batch(daemon, lines);
    await bar(row(page, "busy"), 21);
    const { rev } = await publish(daemon, "busy", { title: "Much changed" });
    await says(row(page, "busy"), "Much changed");

    assert.equal(await daemon.end(), 0);
    await page.locator("html[data-connection=lost]").waitFor();
    daemon = await bench.daemon({ port: daemon.address.split(":")[1] });
    const anew = await publish(daemon, "busy", { title: "Begun anew", progress: 35 });
    assert.ok(anew.rev < rev, `${anew.rev} is not lower than ${rev}: this tests nothing`);
    await says(lamp, "live");
    await says(row(page, "busy"), "Begun anew");
    await publish(daemon, "busy", { progress: 36 });
    await bar(row(page, "busy"), 36);
    assert.deepEqual(page.complaints, []);
  },

  async "a dashboard that is refused says so, and opens with the right token"(bench) {
    const daemon = await bench.daemon({ options: ["--watch-token", "let-me-see"] });
    await publish(daemon, "film", { title: "Holiday.mp4", progress: 5 });
    const page = await bench.tab(daemon.url);
    const gate = page.locator("#gate");
    await says(gate, "those who know its watch token");
    const open = async (token) => {
      await page.getByLabel("watch token").fill(token);
      await page.getByRole("button", { name: "Open" }).click();
    };
    await open("wrong");
    await says(gate, "none of the daemon's watch tokens");
    await says(page.locator("#connection"), "refused, trying again");
    await screenshot(page, "dashboard-refused");
    await open("let-me-see");
    await row(page, "Holiday.mp4").waitFor();
    await gate.waitFor({ state: "hidden" });
    await page.locator("#notice").waitFor({ state: "hidden" });
    await says(page.locator("#connection"), "live");
  },
};
