/** `doneyet demo`: the whole story, with nothing but the program and a browser. */

import assert from "node:assert/strict";

import { bar, row, says, screenshot, within } from "./harness.mjs";

/** The demo, and its dashboard in two tabs. */
async function stage(bench, ...options) {
  const demo = bench.program("demo", "--listen", "127.0.0.1:0", ...options);
  const [, url] = await demo.line(/open (http:\/\/127\.0\.0\.1:\d+\/)/);
  const tabs = [await bench.tab(url), await bench.tab(url)];
  return { demo, tabs, rows: tabs.map((tab) => row(tab, "Holiday.mp4")) };
}

/** Notes the words on the row's status and button from now on; the function returned tells them. */
async function follow(row) {
  const notes = await row.evaluateHandle((element) => {
    const notes = [];
    const parts = ["status", "cancel"].map((name) => element.querySelector(`[data-part=${name}]`));
    const note = () => notes.push(...parts.map((part) => part.textContent));
    new MutationObserver(note).observe(element, { subtree: true, childList: true, characterData: true });
    return notes;
  });
  return () => notes.jsonValue();
}

export default {
  async "demo: the bar moves in two tabs, a cancel in one stops the transfer, and it starts again"(bench) {
    const { demo, tabs, rows } = await stage(bench);
    const first = await bar(rows[0], 1);
    const second = await bar(rows[1], first + 2);
    await bar(rows[0], second);
    await says(rows[0], /MB\/s/);
    await screenshot(tabs[0], "demo-running");

    // Where the click was made, each step is seen, however soon the next one follows.
    const story = await follow(rows[0]);
    await rows[0].getByRole("button", { name: "Cancel" }).click();
    await says(rows[1].getByRole("button"), "acknowledged");
    await screenshot(tabs[1], "demo-cancelling");
    for (const each of rows) await says(each.locator("[data-part=status]"), "cancelled");
    const steps = [/requested/, /acknowledged/, /^cancelled$/];
    const places = (await story()).map((text) => steps.findIndex((step) => step.test(text)));
    assert.deepEqual([...new Set(places.filter((place) => place >= 0))], [0, 1, 2], String(await story()));
    const [, sent] = await demo.line(/transfer 1 was cut off after (\d+) bytes/);
    assert.ok(Number(sent) > 0 && Number(sent) < 100e6, `${sent} bytes were sent`);
    await screenshot(tabs[1], "demo-cancelled");

    const reached = await bar(rows[1], 0);
    await rows[1].getByRole("button", { name: "Start again" }).click();
    await demo.line(/transfer 2 begins/);
    for (const each of rows) {
      await says(each.locator("[data-part=status]"), "downloading");
      // From the beginning, and beyond where it was cancelled.
      await bar(each, reached + 1);
    }
    assert.deepEqual(tabs.flatMap((tab) => tab.complaints), []);
    assert.equal(await demo.end("SIGINT"), 130);
  },

  async "demo: the download comes to its end"(bench) {
    const { demo, tabs, rows } = await stage(bench, "--size-mb", "40", "--secs", "4");
    await demo.line(/transfer 1 is complete/);
    for (const each of rows) {
      await says(each.locator("[data-part=status]"), "completed");
      assert.equal(await bar(each, 100), 100);
      await says(each, "40.0 of 40.0 MB");
    }
    await screenshot(tabs[0], "demo-completed");
    await within(demo.end("SIGTERM"), "its end");
  },
};
