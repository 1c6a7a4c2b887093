/** The module behind a real proxy that lets fewer and fewer ways through, and then all again. */

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { bar, freePort, path, publish, row, says, screenshot, within } from "./harness.mjs";

/** From tests/python/proxies/install. */
const UNPACKED = path("target/proxies/usr");

/** An nginx before the daemon that answers 403 on what is blocked, as some networks' proxies do. */
async function proxy(bench, daemon) {
  const directory = bench.directory();
  const port = await freePort();
  const write = (blocked) => writeFileSync(join(directory, "nginx.conf"), `
    daemon off;
    user root;
    worker_processes 1;
    pid nginx.pid;
    error_log stderr notice;
    events { }
    http {
      access_log off;
      client_body_temp_path body;
      proxy_temp_path proxy;
      fastcgi_temp_path fastcgi;
      uwsgi_temp_path uwsgi;
      scgi_temp_path scgi;
      map $http_upgrade $connection_upgrade { default upgrade; "" ""; }
      server {
        listen 127.0.0.1:${port};
        ${blocked.map((path) => `location ${path} { return 403; }`).join("\n        ")}
        location / {
          proxy_pass ${daemon.url};
          proxy_http_version 1.1;
          proxy_set_header Host $http_host;
          proxy_set_header Upgrade $http_upgrade;
          proxy_set_header Connection $connection_upgrade;
        }
      }
    }`);
  write([]);
  const libraries = readdirSync(`${UNPACKED}/lib`).filter((name) => name.endsWith("-linux-gnu"));
  const nginx = bench.command(
    "env", `LD_LIBRARY_PATH=${libraries.map((name) => `${UNPACKED}/lib/${name}`).join(":")}`,
    `${UNPACKED}/sbin/nginx`, "-p", directory, "-c", join(directory, "nginx.conf"), "-e", "stderr",
  );
  const workers = ["0"];
  const nextWorker = async () => {
    const [, worker] = await nginx.line(new RegExp(`start worker process (?!(?:${workers.join("|")})$)(\\d+)$`));
    workers.push(worker);
  };
  await nextWorker();
  return {
    url: `http://127.0.0.1:${port}`,
    /** New connections find this; those that are open go on. */
    async block(...paths) {
      write(paths);
      nginx.child.kill("SIGHUP");
      await nextWorker();
    },
    /** Cuts the connections that are open. */
    cut() {
      for (const worker of workers.slice(1, -1)) endIfThere(Number(worker));
    },
  };
}

function endIfThere(pid) {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    assert.equal(error.code, "ESRCH");
  }
}

const secret = "c2VjcmV0IGZvciB0aWNrZXRz";

function ticket(taskId) {
  const encode = (part) => Buffer.from(JSON.stringify(part)).toString("base64url");
  const claims = { task_id: taskId, rights: ["watch", "cancel"], exp: Math.floor(Date.now() / 1000) + 600 };
  const signed = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(claims)}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

/** A page that keeps what two watchers hear, one of them of a task that does not exist yet. */
const PAGE = (url) => `<!doctype html><meta charset="utf-8"><title>Downloads</title>
<script type="module">
import { watch } from "${url}/doneyet.js";
window.heard = { one: [], two: [] };
window.ways = [];
window.complaints = [];
window.tasks = {};
for (const id of ["one", "two"]) {
  tasks[id] = watch(id, {
    onState: (state) => heard[id].push(state),
    onConnection: (connection, { way }) => id === "one" && connection === "live" && ways.push(way),
    onError: (complaint) => complaints.push(complaint),
  });
}
</script>`;

const heard = (page, id, progress) =>
  page.waitForFunction(([id, progress]) => heard[id].at(-1)?.progress === progress, [id, progress]);

const way = (page, name) => page.waitForFunction((name) => ways.at(-1) === name, name);

/**
 * Lets time pass until `arrived` settles. A first look for a better way may still have met the
 * proxy as it was.
 */
export async function later(page, arrived) {
  let waiting = true;
  arrived = arrived.finally(() => (waiting = false));
  while (waiting) {
    await page.clock.fastForward("00:30");
    await Promise.race([arrived, new Promise((next) => setTimeout(next, 2_000))]);
  }
  return arrived;
}

/** No revision twice, none out of order. */
async function isInOrder(page, id) {
  const revs = await page.evaluate((id) => heard[id].map((state) => state.rev), id);
  assert.ok(revs.every((rev, at) => at === 0 || rev > revs[at - 1]), `${id}: ${revs}`);
}

export default {
  async "the dashboard falls back to SSE, to long polling, and comes back to WebSocket"(bench) {
    const daemon = await bench.daemon();
    const { url, block, cut } = await proxy(bench, daemon);
    await publish(daemon, "dl", { title: "Holiday.mp4", progress: 10 });
    const page = await bench.tab(url, { clock: true });
    const lamp = page.locator("#connection");
    const film = row(page, "Holiday.mp4");
    await says(lamp, "WebSocket");

    let progress = 10;
    const goesOn = async (name) => {
      await says(lamp, name);
      await publish(daemon, "dl", { progress: (progress += 5) });
      await bar(film, progress);
      await screenshot(page, `way-${name.replace(" ", "-")}`);
    };
    await block("/ws/");
    cut();
    await goesOn("SSE");
    await block("/ws/", "/sse/");
    cut();
    await goesOn("long polling");
    await film.getByRole("button", { name: "Cancel" }).click();
    await says(film.getByRole("button"), "Cancel requested");
    assert.equal((await publish(daemon, "dl", { cancel: "refused" })).cancel, undefined);
    await says(film, "refused to cancel");

    await block("/ws/");
    await later(page, says(lamp, "SSE"));
    await goesOn("SSE");
    await block();
    await later(page, says(lamp, "WebSocket"));
    await goesOn("WebSocket");
    assert.deepEqual(page.complaints, []);
  },

  async "a lesser way is left for a better one without a word lost or repeated"(bench) {
    const daemon = await bench.daemon();
    const { url, block } = await proxy(bench, daemon);
    await block("/ws/", "/sse/");
    await publish(daemon, "one", { progress: 1 });
    const page = await bench.tab(await bench.page(PAGE(url)), { clock: true });
    await way(page, "long polling");
    await heard(page, "one", 1);
    await publish(daemon, "two", { progress: 2 });
    await heard(page, "two", 2);

    await block("/ws/");
    await later(page, way(page, "SSE"));
    await publish(daemon, "two", { progress: 3 });
    await heard(page, "two", 3);
    await page.evaluate(() => tasks.one.cancel("enough"));
    await page.waitForFunction(() => heard.one.at(-1).cancel === "requested");

    await block();
    await later(page, way(page, "WebSocket"));
    await publish(daemon, "one", { status: "cancelled" });
    await page.waitForFunction(() => heard.one.at(-1).status === "cancelled");
    await page.evaluate(() => tasks.one.cancel("too late"));
    await page.waitForFunction(() => complaints.at(-1)?.error === "finished");
    for (const id of ["one", "two"]) await isInOrder(page, id);
  },

  async "watchers with one key share a socket, and one socket is left when all but one have gone"(bench) {
    const daemon = await bench.daemon();
    const page = await bench.tab("about:blank");
    const sockets = [];
    page.on("websocket", (socket) => sockets.push(socket));
    await page.goto(await bench.page(PAGE(daemon.url)));
    await way(page, "WebSocket");
    for (const id of ["one", "two"]) {
      await publish(daemon, id, { progress: 7 });
      await heard(page, id, 7);
    }
    await page.evaluate(async (url) => {
      const { watch } = await import(`${url}/doneyet.js`);
      window.late = [];
      tasks.three = watch("three", { onState: (state) => late.push(state) });
      tasks.again = watch("one", { onState: (state) => late.push(state) });
    }, daemon.url);
    await page.waitForFunction(() => late.at(-1)?.task_id === "one");
    await publish(daemon, "three", { progress: 8 });
    await page.waitForFunction(() => late.at(-1)?.task_id === "three");
    assert.equal(sockets.length, 1);

    await page.evaluate(() => ["one", "two", "again"].forEach((id) => tasks[id].close()));
    const alone = async () => (await publish(daemon, "two", {})).watchers === 0;
    while (!(await alone()));
    await publish(daemon, "two", { progress: 9 });
    await publish(daemon, "three", { progress: 10 });
    await page.waitForFunction(() => late.at(-1)?.progress === 10);
    assert.equal(await page.evaluate(() => heard.two.at(-1).progress), 7);
    assert.ok(!sockets[0].isClosed());
    await page.evaluate(() => tasks.three.close());
    if (!sockets[0].isClosed()) await within(sockets[0].waitForEvent("close"), "the close of the socket");
  },

  async "a network that is gone without a word is noticed"(bench) {
    const daemon = await bench.daemon();
    const page = await bench.tab(await bench.page(PAGE(daemon.url)), { clock: true });
    await way(page, "WebSocket");
    await publish(daemon, "one", { progress: 1 });
    await heard(page, "one", 1);
    // Stopped, it keeps its sockets and answers nothing: from outside, a dead network.
    daemon.child.kill("SIGSTOP");
    bench.defer(() => daemon.child.kill("SIGCONT"));
    await page.evaluate(() => (window.ways.length = 0));
    for (let seconds = 0; seconds < 45; seconds += 5) await page.clock.fastForward("00:05");
    daemon.child.kill("SIGCONT");
    await page.waitForFunction(() => ways.length > 0);
    await publish(daemon, "one", { progress: 2 });
    await heard(page, "one", 2);
    await isInOrder(page, "one");
  },

  async "a ticket opens its one task, by each way, and is fetched anew for each connection"(bench) {
    const daemon = await bench.daemon({ options: ["--watch-token", "watch", "--ticket-secret", secret] });
    const { url, block } = await proxy(bench, daemon);
    for (const id of ["one", "two"]) await publish(daemon, id, { progress: 1 });
    for (const [blocked, name] of [[[], "WebSocket"], [["/ws/"], "SSE"], [["/ws/", "/sse/"], "long polling"]]) {
      await block(...blocked);
      const tickets = [];
      const page = await bench.tab(await bench.page(""));
      await page.exposeFunction("ticket", (id) => (tickets.push(id), ticket(id)));
      await page.evaluate(async (url) => {
        const { watch } = await import(`${url}/doneyet.js`);
        window.states = [];
        window.ways = [];
        window.task = watch("one", {
          ticket: () => ticket("one"),
          onState: (state) => states.push(state),
          onConnection: (connection, { way }) => connection === "live" && ways.push(way),
        });
        watch("two", { ticket: () => ticket("one"), onState: () => ways.push("a task without a ticket") });
      }, url);
      await way(page, name);
      await page.waitForFunction(() => states.at(-1)?.progress === 1);
      await page.evaluate(() => task.cancel());
      await page.waitForFunction(() => states.at(-1).cancel === "requested");
      await publish(daemon, "one", { cancel: "refused" });
      await publish(daemon, "one", { cancel: null });
      assert.ok(tickets.length >= 2);
      assert.deepEqual(await page.evaluate(() => ways), [name]);
      await page.close();
    }
  },

  async "one function gives each task the ticket it needs"(bench) {
    const daemon = await bench.daemon({ options: ["--ticket-secret", secret] });
    const page = await bench.tab(await bench.page(""));
    const signed = [];
    await page.exposeFunction("sign", (id) => (signed.push(id), ticket(id)));
    await page.evaluate(async (url) => {
      const { watch } = await import(`${url}/doneyet.js`);
      window.heard = {};
      const options = { ticket: (taskId) => sign(taskId), onState: (state) => (heard[state.task_id] = state) };
      for (const id of ["one", "two", "one"]) watch(id, options);
    }, daemon.url);
    for (const id of ["one", "two"]) {
      await publish(daemon, id, { progress: 1 });
      await page.waitForFunction((id) => heard[id]?.progress === 1, id);
    }
    assert.deepEqual(signed.sort(), ["one", "two"]);
  },
};
