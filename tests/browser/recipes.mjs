/** A page where one pastes an address, presses Download, watches, and can stop it. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createReadStream, writeFileSync } from "node:fs";
import { join } from "node:path";

import { bar, row, says, screenshot, within } from "./harness.mjs";

/** Bytes of the files that are downloaded here, and how fast the server gives them, a second. */
const SIZE = 6_000_000;
const PACE = 3_000_000;

/** A daemon with a recipe that downloads with curl, one file at a time. */
async function daemonWithRecipes(bench, recipe = {}, options = []) {
  const folder = bench.directory();
  const file = join(folder, "recipes.json");
  const download = {
    name: "download",
    label: "Download",
    title: "Download {url}",
    argv: ["curl", "--fail", "--output", "{dir}/file.bin", "--", "{url}"],
    inputs: [{ name: "url", type: "url", label: "Address" }],
    folder,
    max_running: 1,
    result: "*.bin",
    ...recipe,
  };
  writeFileSync(file, JSON.stringify({ recipes: [download] }));
  return bench.daemon({ options: ["--recipes", file, ...options] });
}

/** Bytes that differ from place to place. */
function content() {
  return Buffer.from(Uint32Array.from({ length: SIZE / 4 }, (_, i) => Math.imul(i, 2_654_435_761)).buffer);
}

/**
 * A server with one file under any path: at a pace that can be watched, at once under /fast, and
 * under /held a quarter of it with each `more()` of the transfer, so that what is seen of it does
 * not hang on how fast anything is.
 */
async function files(bench) {
  const bytes = content();
  const transfers = [];
  const url = await bench.server(async (request, response) => {
    let sent = 0;
    const send = (length) => response.write(bytes.subarray(sent, (sent += length)));
    const transfer = { more: () => send(SIZE / 4), ended: once(response, "close") };
    transfers.push(transfer);
    response.writeHead(200, { "Content-Length": SIZE });
    if (request.url.startsWith("/held")) return transfer.more();
    if (request.url.startsWith("/fast")) return response.end(bytes);
    while (sent < SIZE) {
      send(PACE / 20);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    response.end();
  });
  return { url, transfers, bytes };
}

async function digest(stream) {
  const hash = createHash("sha256");
  for await (const piece of stream) hash.update(piece);
  return hash.digest("hex");
}

/** Pastes an address and presses Download. */
async function download(page, address) {
  await page.getByLabel("Address").fill(address);
  await page.getByRole("button", { name: "Download" }).click();
}

const status = (row) => row.locator("[data-part=status]");

export default {
  async "recipes: paste an address, Download, watch it, cancel it; another to its end, and fetch it"(bench) {
    const daemon = await daemonWithRecipes(bench);
    const server = await files(bench);
    const page = await bench.tab(daemon.url);

    await download(page, `${server.url}/held/first`);
    const first = row(page, "/held/first");
    assert.equal(await bar(first, 25), 25);
    server.transfers[0].more();
    assert.equal(await bar(first, 50), 50);
    assert.equal(await page.getByLabel("Address").inputValue(), "");

    // There is one place, and it is taken.
    await download(page, `${server.url}/second`);
    const second = row(page, `${server.url}/second`);
    await says(status(second), "queued");
    await screenshot(page, "recipes-running");

    await first.getByRole("button", { name: "Cancel" }).click();
    await says(status(first), "cancelled");
    await within(server.transfers[0].ended, "the end of the transfer");

    await bar(second, 1);
    await says(status(second), "completed");
    const link = second.getByRole("link", { name: "file.bin" });
    await says(second, "6.0 MB");
    const [saved] = await Promise.all([page.waitForEvent("download"), link.click()]);
    assert.equal(saved.suggestedFilename(), "file.bin");
    const got = await digest(createReadStream(await saved.path()));
    assert.equal(got, createHash("sha256").update(server.bytes).digest("hex"));
    await screenshot(page, "recipes-completed");
    assert.deepEqual(page.complaints, []);
    assert.deepEqual([...page.addresses], [daemon.url]);
  },

  async "recipes: one that waits can be cancelled, and is never begun"(bench) {
    const daemon = await daemonWithRecipes(bench);
    const server = await files(bench);
    const page = await bench.tab(daemon.url);
    await download(page, `${server.url}/held/first`);
    await bar(row(page, "/first"), 1);
    await download(page, `${server.url}/second`);
    await says(status(row(page, "/second")), "queued");
    await row(page, "/second").getByRole("button", { name: "Cancel" }).click();
    await says(status(row(page, "/second")), "cancelled");
    await download(page, `${server.url}/fast/third`);
    await row(page, "/first").getByRole("button", { name: "Cancel" }).click();
    await says(status(row(page, "/third")), "completed");
    assert.equal(server.transfers.length, 2);
  },

  async "recipes: what is no address is refused beside its field"(bench) {
    const daemon = await daemonWithRecipes(bench);
    const page = await bench.tab(daemon.url);
    const field = page.getByLabel("Address");
    const fault = page.locator(".input .error");
    for (const hostile of ["--exec=touch /tmp/x", "file:///etc/passwd", "; rm -rf /", "javascript:alert(1)", ""]) {
      await download(page, hostile);
      await says(fault, "Address must be ");
      assert.equal(await field.getAttribute("aria-invalid"), "true");
      assert.ok(await field.evaluate((element) => element === document.activeElement), hostile);
      assert.equal(await field.inputValue(), hostile);
      await field.fill("x");
      await fault.waitFor({ state: "hidden" });
    }
    assert.equal(await page.locator("li.task").count(), 0);
    await download(page, "file:///etc/passwd");
    await says(fault, "Address must be ");
    await screenshot(page, "recipes-refused");
    assert.deepEqual(page.complaints, []);
  },

  async "recipes: a file of a job runs nothing in the page's origin"(bench) {
    const daemon = await daemonWithRecipes(bench, {
      argv: ["sh", "-c", "printf '%s' \"<script>document.title='owned'</script>\" > 'a\"b <i>.html'", "sh", "{url}"],
      result: "*.html",
    });
    const page = await bench.tab(daemon.url);
    await download(page, "http://127.0.0.1/x");
    const link = row(page, "127.0.0.1/x").getByRole("link", { name: 'a"b <i>.html' });
    await link.waitFor();
    const url = await link.getAttribute("href");
    const [saved] = await Promise.all([
      page.waitForEvent("download"),
      // Opened as an address of its own, it is saved all the same.
      page.goto(url).catch(() => null),
    ]);
    assert.match(saved.suggestedFilename(), /^a.b .i.\.html$/);
    assert.notEqual(await page.title(), "owned");
  },

  async "recipes: with publish tokens, whoever only watches cannot start anything"(bench) {
    const daemon = await daemonWithRecipes(bench, {}, ["--publish-token", "open-sesame"]);
    const server = await files(bench);
    const page = await bench.tab(daemon.url);
    await page.getByText("Start a task").click();
    await page.getByLabel("Publish token").fill("wrong");
    await page.getByRole("button", { name: "Open" }).click();
    await page.getByText("Start a task").click();
    await page.getByLabel("Publish token").fill("open-sesame");
    await page.getByRole("button", { name: "Open" }).click();
    await download(page, `${server.url}/fast`);
    await says(status(row(page, "/fast")), "completed");
    assert.deepEqual(page.complaints, []);
  },

  async "recipes: where watching has a token, the links have it too"(bench) {
    const daemon = await daemonWithRecipes(bench, {}, ["--watch-token", "let-me-see"]);
    const server = await files(bench);
    const page = await bench.tab(`${daemon.url}/#token=let-me-see`);
    await download(page, `${server.url}/fast`);
    const link = row(page, "/fast").getByRole("link", { name: "file.bin" });
    const [saved] = await Promise.all([page.waitForEvent("download"), link.click()]);
    assert.equal(await digest(createReadStream(await saved.path())), createHash("sha256").update(server.bytes).digest("hex"));
  },

  async "recipes: forms fit the dark and a phone"(bench) {
    const inputs = [
      { name: "url", type: "url", label: "Address" },
      { name: "quality", type: "choice", label: "Quality", choices: ["best", "worst"] },
      { name: "note", type: "text", label: "Name of the file, without spaces", pattern: "[a-z]*", default: "" },
    ];
    const argv = ["sh", "-c", "echo > file.bin; echo > second-file.bin", "sh", "{url}", "{quality}", "{note}"];
    const daemon = await daemonWithRecipes(bench, { inputs, argv });
    const phone = { viewport: { width: 375, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
    for (const [name, options] of Object.entries({
      "recipes-light": {},
      "recipes-dark": { colorScheme: "dark" },
      "recipes-phone": phone,
      "recipes-phone-dark": { ...phone, colorScheme: "dark" },
    })) {
      const page = await bench.tab(daemon.url, options);
      await download(page, `http://127.0.0.1/${name}`);
      await says(status(row(page, `/${name}`)), "completed");
      await page.getByLabel("Address").fill("http://127.0.0.1/");
      await page.getByLabel("Name of the file").fill("A B");
      await page.getByRole("button", { name: "Download" }).click();
      await says(page.locator(".input .error"), "must be");
      await screenshot(page, name);
      const [width, room] = await page.evaluate(() => [
        document.documentElement.scrollWidth,
        document.documentElement.clientWidth,
      ]);
      assert.ok(width <= room, `${name}: ${width} px wide in ${room}`);
      const button = await page.getByRole("button", { name: "Download" }).boundingBox();
      assert.ok(button.x >= 0 && button.x + button.width <= room && button.height >= 24, name);
    }
  },
};
