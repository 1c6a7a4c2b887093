/**
 * What every case needs: the built program, a browser, a web server of one's own.
 *
 * Everything that is opened here is closed at the end of its case, in the opposite order.
 * Nothing sleeps: each wait is for an event, with a deadline behind it.
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

const root = new URL("../../", import.meta.url);
export const path = (relative) => fileURLToPath(new URL(relative, root));
const binary = process.env.DONEYET_BIN ?? path("target/release/doneyet");
const { chromium } = createRequire(path("target/browser/"))("playwright-core");

/** Far more than a slow machine needs for any one step. */
export const PATIENCE_MS = 30_000;

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
// No sandbox: the suite must run as root, too, and opens no page but ours.
const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
  "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
];

/** One case's belongings. */
export class Bench {
  #closing = [];
  #browser = null;

  /** Has `close` called at the end of the case. */
  defer(close) {
    this.#closing.push(close);
  }

  async close() {
    for (const close of this.#closing.reverse()) await close();
  }

  /** A daemon on a free port, or on `port`. */
  async daemon({ port = 0, options = [] } = {}) {
    const program = this.program("serve", "--listen", `127.0.0.1:${port}`, ...options);
    const [, address] = await program.line(/listening on (127\.0\.0\.1:\d+)/);
    return Object.assign(program, { address, url: `http://${address}` });
  }

  /** The built program with these arguments; ended with the case. */
  program(...args) {
    return this.command(binary, ...args);
  }

  /** Any program, ended with the case. */
  command(path, ...args) {
    const program = new Program(path, args);
    this.defer(() => program.end());
    return program;
  }

  /** A web server with one page of HTML. */
  page(html) {
    return this.server((_, response) =>
      response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" }).end(html));
  }

  /** A web server on a free port of loopback, by a node:http listener. */
  async server(answer) {
    const server = createServer(answer).listen(0, "127.0.0.1");
    await once(server, "listening");
    this.defer(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${server.address().port}`;
  }

  /**
   * A server with one large file, `size` bytes under any path. Each transfer in `transfers` has
   * `ended`: whether it got to its last byte or was broken off.
   */
  async fileServer(size) {
    const transfers = [];
    const url = await this.server((_, response) => {
      const ended = once(response, "close").then(() => response.writableFinished ? "complete" : "broken off");
      transfers.push({ ended });
      response.writeHead(200, { "Content-Length": size });
      Readable.from(zeros(size)).pipe(response);
    });
    return { url, transfers };
  }

  /** A directory for the case's files. */
  directory() {
    const name = mkdtempSync(join(tmpdir(), "doneyet-"));
    this.defer(() => rmSync(name, { recursive: true }));
    return name;
  }

  /**
   * A tab of its own: not even the cache is shared. Fails the case if the page reports an error.
   * With `clock` its time can be moved on.
   */
  async tab(url, { clock = false, ...options } = {}) {
    this.#browser ??= await this.#launch();
    const context = await this.#browser.newContext({ viewport: { width: 1100, height: 700 }, ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    if (clock) await page.clock.install();
    page.complaints = [];
    page.addresses = new Set();
    page.on("pageerror", (error) => page.complaints.push(String(error)));
    page.on("request", (request) => page.addresses.add(new URL(request.url()).origin));
    await page.goto(url);
    return page;
  }

  async #launch() {
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    this.defer(() => browser.close());
    return browser;
  }
}

/** A child process whose lines can be waited for. */
class Program {
  #lines = [];
  #waiting = new Set();

  constructor(command, args) {
    this.child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    /** Settles with the status, or the name of the signal that ended it. */
    this.ended = once(this.child, "exit").then(([status, signal]) => status ?? signal);
    for (const stream of [this.child.stdout, this.child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => this.#hear(line));
    }
    this.ended.then(() => this.#waiting.forEach((waiter) => waiter.fail("it ended")));
  }

  /** All that it said so far. */
  get log() {
    return this.#lines.join("\n");
  }

  /** The first line, past or future, that matches; as a match. */
  line(pattern) {
    const match = this.#lines.map((line) => line.match(pattern)).find(Boolean);
    if (match) return Promise.resolve(match);
    return new Promise((resolve, reject) => {
      const settle = (how, value) => {
        clearTimeout(deadline);
        this.#waiting.delete(waiter);
        how(value);
      };
      const fail = (why) => settle(reject, new Error(`no line ${pattern}: ${why}\n${this.log}`));
      const deadline = setTimeout(() => fail("too late"), PATIENCE_MS);
      const waiter = { pattern, fail, found: (value) => settle(resolve, value) };
      this.#waiting.add(waiter);
    });
  }

  #hear(line) {
    this.#lines.push(line);
    for (const waiter of [...this.#waiting]) {
      const match = line.match(waiter.pattern);
      if (match) waiter.found(match);
    }
  }

  /** Ends it as an init system would, and waits. */
  async end(signal = "SIGTERM") {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
    return within(this.ended, "its end");
  }
}

function* zeros(size) {
  const block = Buffer.alloc(65_536);
  for (let left = size; left > 0; left -= block.length) yield block.subarray(0, Math.min(left, block.length));
}

/** A port that is free now, for programs that cannot say which one they were given. */
export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  return port;
}

/** `promise`, or a failure that says what did not happen in time. */
export function within(promise, what, ms = PATIENCE_MS) {
  let deadline;
  const late = new Promise((_, reject) => {
    deadline = setTimeout(() => reject(new Error(`${what} did not happen in time`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(deadline));
}

/** One publish over HTTP; the answer's JSON. */
export async function publish(daemon, id, state, method = "POST") {
  const response = await fetch(`${daemon.url}/api/progress/${id}`, {
    method,
    body: JSON.stringify(state),
  });
  if (!response.ok) throw new Error(`publish: ${response.status} ${await response.text()}`);
  return response.json();
}

/** Several publishes in one request, given as lines of JSON. */
export async function batch(daemon, lines) {
  const response = await fetch(`${daemon.url}/api/progress`, { method: "POST", body: lines.join("\n") });
  if (!response.ok) throw new Error(`batch: ${response.status} ${await response.text()}`);
  return response.json();
}

/** Leaves a picture where people look at it after the run. */
export async function screenshot(page, name) {
  mkdirSync(path("target/screenshots"), { recursive: true });
  await page.screenshot({ path: path(`target/screenshots/${name}.png`) });
}

/** The row of a task on the dashboard. */
export function row(page, text) {
  return page.locator("li.task", { hasText: text });
}

/** Waits until the element's text contains `text`. */
export function says(locator, text) {
  return locator.filter({ hasText: text }).waitFor();
}

/**
 * Waits until the row's bar stands at `least` percent or more; gives the number. A row that has
 * ended short of it never will, and the failure says what the row says.
 */
export async function bar(row, least) {
  const element = await row.elementHandle();
  const reached = row.page().waitForFunction(
    ([element, least]) => {
      const now = element.querySelector("[role=progressbar]").getAttribute("aria-valuenow");
      if (now !== null && Number(now) >= least) return now;
      if (element.classList.contains("ended")) throw new Error("it has ended");
      return null;
    },
    [element, least],
  );
  const value = await reached.catch(async (error) => {
    throw new Error(`no bar at ${least} %: ${error.message}\n${await row.innerText()}`);
  });
  return Number(await value.jsonValue());
}
