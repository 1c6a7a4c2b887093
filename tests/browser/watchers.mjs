/** The module against what pages do to it, and what networks do: nobody is left out, nothing is left behind. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { path, publish, within } from "./harness.mjs";
import { later } from "./ways.mjs";

const MODULE = readFileSync(path("src/page/doneyet.js"));

/** What a page finds at `/` and `/doneyet.js`; whether it was one of these. */
function serve({ url }, response) {
  const [type, body] = { "/": ["text/html", "<!doctype html>"], "/doneyet.js": ["text/javascript", MODULE] }[url] ?? [];
  if (body) response.writeHead(200, { "Content-Type": type }).end(body);
  return body !== undefined;
}

/** A tab with the module, and `follow(name, id, options)`, which keeps what is heard. */
async function tab(bench, server, { route, ...options } = {}) {
  const page = await bench.tab("about:blank", options);
  if (route) await page.routeWebSocket(/\/ws\//, route);
  await page.goto(await bench.server(serve));
  await page.evaluate(async (server) => {
    const { watch } = await import("/doneyet.js");
    Object.assign(window, { heard: {}, ways: {}, tasks: {} });
    window.follow = (name, id, listeners = {}) => {
      heard[name] = [];
      tasks[name] = watch(id, {
        server,
        onConnection: (connection, { way }) => (ways[name] = way ?? connection),
        ...listeners,
        onState: (state) => (heard[name].push(state), listeners.onState?.(state)),
      });
    };
  }, server);
  return page;
}

/** A network without WebSocket. */
const shut = (socket) => socket.close({ code: 1011 });

const heard = (page, name, progress) =>
  page.waitForFunction(([name, progress]) => heard[name]?.at(-1)?.progress === progress, [name, progress]);

const way = (page, name, way) =>
  page.waitForFunction(([name, way]) => ways[name] === way, [name, way]);

export default {
  async "a network that dies while a better way is tried leaves no connection behind"(bench) {
    const open = new Set();
    let streams = 0;
    let seen = () => {};
    const server = await bench.server((request, response) => {
      if (serve(request, response)) return;
      if (request.url === "/favicon.ico") return response.writeHead(404).end();
      open.add(response);
      response.on("close", () => open.delete(response));
      seen(request.url);
      // Only the first stream ever says a word.
      if (request.url.startsWith("/sse/") && streams++ === 0) {
        response.writeHead(200, { "Content-Type": "text/event-stream" }).write("retry: 2000\n\n");
      }
    });
    const page = await bench.tab(server, { clock: true });
    await page.evaluate(async () => {
      const { watch } = await import("/doneyet.js");
      window.told = [];
      window.task = watch("one", { onConnection: (connection) => told.push(connection) });
    });
    const elapse = (seconds) => page.clock.fastForward(`00:${seconds}`);
    const tells = (connection) => page.waitForFunction((connection) => told.includes(connection), connection);
    const triesWebSocket = async () => {
      const tried = new Promise((met) => (seen = (url) => url.startsWith("/ws/") && met()));
      await elapse(30);
      await within(tried, "a try of WebSocket");
    };
    await elapse(15);
    await tells("live");
    await triesWebSocket();
    // Too long for the one that spoke once, and for the one that never did.
    await elapse(15);
    await tells("waiting");
    await triesWebSocket();
    await page.evaluate(() => task.close());
    const empty = async () => {
      while (open.size > 0) await page.evaluate(() => new Promise(requestAnimationFrame));
    };
    await within(empty(), "the end of all connections");
  },

  async "who comes while a better way is opening is not left out"(bench) {
    const daemon = await bench.daemon();
    let blocked = true;
    const held = [];
    held.release = () => {
      held.push = (send) => send();
      held.splice(0).forEach((send) => send());
    };
    const route = (socket) => {
      if (blocked) return shut(socket);
      const server = socket.connectToServer();
      server.onMessage((text) => held.push(() => socket.send(text)));
    };
    const page = await tab(bench, daemon.url, { clock: true, route });
    await page.evaluate(() => follow("one", "one"));
    await way(page, "one", "SSE");
    blocked = false;
    await page.clock.fastForward("00:30");
    while (held.length === 0) await page.evaluate(() => 0);
    await page.evaluate(() => follow("two", "two"));
    await way(page, "two", "SSE");
    held.release();
    await later(page, way(page, "two", "WebSocket"));
    await publish(daemon, "two", { progress: 2 });
    await heard(page, "two", 2);
  },

  async "a listener that throws costs no other watcher its news, and no connection"(bench) {
    const daemon = await bench.daemon();
    for (const route of [undefined, shut]) {
      const page = await tab(bench, daemon.url, { route });
      await publish(daemon, "one", { progress: 1 }, "PUT");
      await page.evaluate(() => {
        window.turns = [];
        const fail = () => { throw new Error("the page's own"); };
        const count = (connection) => turns.push(connection);
        follow("careless", "one", { onState: fail, onConnection: fail });
        follow("careful", "one", { onConnection: count });
      });
      for (const progress of [1, 2, 3]) {
        await publish(daemon, "one", { progress });
        await heard(page, "careful", progress);
      }
      assert.deepEqual(await page.evaluate(() => turns.filter((turn) => turn === "live")), ["live"]);
      assert.equal(page.complaints[0], "Error: the page's own");
      assert.ok(page.complaints.length >= 3, "swallowed");
      await page.close();
    }
  },

  async "who is refused is told why, and what to do"(bench) {
    const daemon = await bench.daemon({ options: ["--watch-token", "let-me-see"] });
    for (const route of [undefined, shut]) {
      const page = await tab(bench, daemon.url, { route });
      await page.evaluate(() => {
        window.turns = [];
        const onConnection = (...turn) => turns.push(turn);
        follow("one", "one", { token: "wrong", onConnection });
      });
      const refused = await page.waitForFunction(() => turns.find(([connection]) => connection === "waiting"));
      const [, { delayMs, complaint }] = await refused.jsonValue();
      assert.ok(delayMs >= 0);
      assert.equal(complaint.error, "unauthorized");
      assert.match(complaint.message, /watch token/);
      await page.close();
    }
  },

  async "a page that answers to every address is no daemon"(bench) {
    const asked = new Set();
    const server = await bench.server((request, response) => {
      if (serve(request, response)) return;
      asked.add(new URL(request.url, "http://any").pathname);
      response.writeHead(200, { "Content-Type": "text/html", "Access-Control-Allow-Origin": "*" }).end("<p>Please sign in.");
    });
    const page = await tab(bench, server);
    await page.evaluate(() => {
      window.turns = [];
      follow("one", "one", { onConnection: (connection) => turns.push(connection) });
    });
    await page.waitForFunction(() => turns.filter((turn) => turn === "waiting").length === 2);
    assert.deepEqual([...asked], ["/ws/progress", "/sse/progress/one", "/api/progress/one"]);
    assert.ok(!(await page.evaluate(() => turns)).includes("live"));
  },

  async "after close nothing is called, not even by what is under way"(bench) {
    const daemon = await bench.daemon();
    const page = await tab(bench, daemon.url);
    await publish(daemon, "one", { progress: 1 });
    await page.evaluate(() => {
      follow("first", "one", { onState: ({ progress }) => progress === 2 && tasks.second.close() });
      follow("second", "one");
      follow("third", "one");
    });
    await heard(page, "third", 1);
    await publish(daemon, "one", { progress: 2 });
    await heard(page, "third", 2);
    assert.equal(await page.evaluate(() => heard.second.at(-1).progress), 1);
  },

  async "who comes in the middle of news hears it once"(bench) {
    const daemon = await bench.daemon();
    const page = await tab(bench, daemon.url, { route: shut });
    for (const id of ["one", "two"]) await publish(daemon, id, { progress: 1 });
    await page.evaluate(() => {
      const late = () => window.heard.late ?? follow("late", "two");
      follow("one", "one", { onState: late });
      follow("two", "two", { onState: late });
    });
    await heard(page, "late", 1);
    await publish(daemon, "two", { progress: 2 });
    await heard(page, "late", 2);
    const revs = await page.evaluate(() => heard.late.map((state) => state.rev));
    assert.equal(new Set(revs).size, revs.length, String(revs));
  },

  async "a task that is forgotten may be watched again at once"(bench) {
    const daemon = await bench.daemon();
    const page = await tab(bench, daemon.url);
    await publish(daemon, "one", { progress: 1 });
    await page.evaluate(() => {
      const ended = (connection) => connection === "ended" && follow("again", "one");
      follow("one", "one", { onConnection: ended });
      follow("other", "one");
    });
    await heard(page, "other", 1);
    assert.equal((await fetch(`${daemon.url}/api/progress/one`, { method: "DELETE" })).status, 204);
    await way(page, "other", "ended");
    await publish(daemon, "one", { progress: 2 });
    await heard(page, "again", 2);
    assert.equal(await page.evaluate(() => heard.other.at(-1).progress), 1);
  },

  async "every field but the daemon's is the worker's"(bench) {
    const daemon = await bench.daemon();
    const page = await tab(bench, daemon.url);
    await page.evaluate(() => follow("one", "one"));
    await publish(daemon, "one", { progress: 1, event: "forgotten", error: "unknown_task" });
    await heard(page, "one", 1);
    await publish(daemon, "one", { progress: 2 });
    await heard(page, "one", 2);
  },

  async "the browser's own EventSource hears each revision once across a restart, and the end"(bench) {
    let daemon = await bench.daemon();
    const port = Number(new URL(daemon.url).port);
    const page = await bench.tab(await bench.server(serve));
    await publish(daemon, "one", { progress: 1 });
    const requests = [];
    page.on("request", (request) => request.url().includes("/sse/") && requests.push(request));
    await page.evaluate((url) => {
      window.events = [];
      window.source = new EventSource(`${url}/sse/progress/one?until=end`);
      source.onmessage = ({ data, lastEventId }) => events.push({ ...JSON.parse(data), lastEventId });
    }, daemon.url);
    const last = (progress) =>
      page.waitForFunction((progress) => events.at(-1)?.progress === progress, progress);
    await last(1);
    await publish(daemon, "one", { progress: 2 });
    await last(2);

    await daemon.end();
    daemon = await bench.daemon({ port });
    await publish(daemon, "one", { progress: 3 });
    await last(3);
    assert.equal(await requests.at(-1).headerValue("Last-Event-ID"), await page.evaluate(() => events.at(-2).lastEventId));

    await daemon.end();
    daemon = await bench.daemon({ port });
    await publish(daemon, "one", { progress: 100, status: "completed" });
    await last(100);
    // It comes back with the end, is told that there is no more, and leaves for good.
    await page.waitForFunction(() => source.readyState === EventSource.CLOSED);
    const events = await page.evaluate(() => window.events);
    assert.equal(events.at(-1).status, "completed");
    assert.ok(events.every(({ rev, lastEventId }) => String(rev) === lastEventId));
    assert.ok(events.every(({ rev }, at) => at === 0 || rev > events[at - 1].rev), JSON.stringify(events));
  },
};
