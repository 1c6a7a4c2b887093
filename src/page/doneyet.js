/**
 * doneyet.js: follow a task from any web page, without ever asking "done yet?".
 *
 *     import { watch } from "./doneyet.js";        // from the daemon that serves it
 *
 *     const task = watch("dl-42", {
 *       onState: (state) => { bar.value = state.progress; },
 *       onConnection: (connection) => { light.dataset.connection = connection; },
 *     });
 *     task.cancel("changed my mind");   // asks the worker; its answer comes as states
 *     task.close();                     // stops watching; the task itself goes on
 *
 * `watch(taskId, options)` follows one task, also one that does not exist yet, and returns
 * `{ cancel(reason?), close() }`. `watchAll(options)` follows every task the daemon knows
 * and returns `{ cancel(taskId, reason?), forget(taskId), close() }`.
 *
 * Options, all of them optional:
 *
 * - `onState(state)`: the newest state of a task, each revision at most once. Revisions may
 *   be skipped (progress is a state, not a log); the last one always arrives.
 * - `onConnection(connection, detail)`: `"connecting"`, `"live"`, `"waiting"` (the next
 *   attempt comes in `detail.delayMs`) or `"ended"` (the daemon forgot the task: no more
 *   attempts). Nothing is called after `close()`.
 * - `onError({ error, message })`: the daemon refused something, such as the cancelling of
 *   a finished task.
 * - `server`: where the daemon is; by default where this file came from.
 * - `token`: the daemon's watch token, if it asks for one.
 *
 * Nothing the daemon sends makes this module throw. It throws at the call, where the caller
 * sees it, for a task id no daemon would take.
 */

/** Attempt n waits a random time up to FIRST · 2ⁿ, at most CAP. */
const BACKOFF_FIRST_MS = 500;
const BACKOFF_CAP_MS = 15_000;

/** A connection that lived this long was a good one: the next attempt starts from FIRST. */
const LASTED_MS = 10_000;

/**
 * A network can vanish without a word: the socket then stays "open" for many minutes. Pages
 * cannot send WebSocket pings, so the daemon answers the text `ping` with the text `pong`.
 */
const PING_EVERY_MS = 20_000;
const SILENCE_MS = 10_000;

/** Encoded dots are resolved as path segments by every browser, so these ids are no ids. */
const TASK_ID = /^(?!\.{1,2}$)[A-Za-z0-9._~:@-]{1,128}$/;

/** What may stand in a `Sec-WebSocket-Protocol` element (RFC 9110 §5.6.2, a token). */
const HEADER_TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

const TERMINAL = new Set(["completed", "failed", "cancelled"]);

/** Whether a state is a task's last one (unless its worker starts over). */
export const isTerminal = (state) => TERMINAL.has(state.status);

/** Follows one task. */
export function watch(taskId, options = {}) {
  if (!TASK_ID.test(taskId)) throw new RangeError(`not a task id: ${taskId}`);
  const subscription = new Subscription(`progress/${encodeURIComponent(taskId)}`, options);
  return {
    cancel: (reason) => subscription.ask(taskId, { action: "cancel", reason }),
    close: () => subscription.close(),
  };
}

/** Follows every task. `forget(taskId)` frees what is kept of a task that is gone. */
export function watchAll(options = {}) {
  const subscription = new Subscription("all", options);
  return {
    cancel: (taskId, reason) =>
      subscription.ask(taskId, { action: "cancel", task_id: taskId, reason }),
    forget: (taskId) => subscription.forget(taskId),
    close: () => subscription.close(),
  };
}

/**
 * A transport is one function: it makes one attempt, and tells `open()` at most once,
 * `message(text)` any number of times and `close("goodbye" | "broken")` once, all of them
 * later and none after its own `close()`. It knows nothing of retries, revisions or tasks.
 */
function overWebSocket({ base, topic, token }, { open, message, close }) {
  const url = new URL(`ws/${topic}`, base);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const protocols = [];
  // Pages cannot set `Authorization` on a WebSocket. A subprotocol stays out of access logs,
  // which a query does not; but only some tokens can be written as one.
  if (token && HEADER_TOKEN.test(token)) protocols.push("doneyet.v1", `bearer.${token}`);
  else if (token) url.searchParams.set("token", token);

  const socket = new WebSocket(url, protocols);
  socket.onopen = () => open();
  socket.onmessage = ({ data }) => message(data);
  socket.onclose = ({ code }) => close(code === 1000 ? "goodbye" : "broken");
  return {
    send: (frame) => socket.send(JSON.stringify(frame)),
    ping: () => socket.send("ping"),
    close() {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    },
  };
}

/**
 * What outlives a connection: which revisions were seen, which cancels are wanted, when to
 * try again. Always in one of four situations: an attempt under way (`#link`, not `#live`),
 * live (`#link` and `#live`), waiting (`#retry`), or over.
 */
class Subscription {
  #target;
  #listeners;
  #link = null;
  #live = false;
  #liveSince = 0;
  #failures = 0;
  #retry = null;
  #silence = null;
  #heart;
  #over = new AbortController();
  /** Number of the present connection or attempt. */
  #attempt = 0;
  /** Task id → of the newest state handed out: its `rev`, its `updated_at`, the attempt. */
  #seen = new Map();
  /** Task id → the cancel frame that no state has confirmed yet. */
  #wanted = new Map();

  constructor(topic, { onState, onConnection, onError, server, token }) {
    this.#target = { base: baseUrl(server), topic, token };
    this.#listeners = { onState, onConnection, onError };
    this.#heart = setInterval(() => this.#beat(), PING_EVERY_MS);
    const { signal } = this.#over;
    globalThis.addEventListener?.("online", () => this.#hurry(), { signal });
    const visible = () => hidden() || this.#hurry();
    globalThis.document?.addEventListener("visibilitychange", visible, { signal });
    // Not at once: the first callback must not come before the caller has what we return.
    queueMicrotask(() => this.#connect());
  }

  /**
   * Asking twice does no harm, losing the wish does: so a wish is repeated on every new
   * connection until a state shows that it arrived or that the task is over.
   */
  ask(taskId, frame) {
    this.#wanted.set(taskId, frame);
    if (this.#live) this.#link.send(frame);
  }

  forget(taskId) {
    this.#seen.delete(taskId);
    this.#wanted.delete(taskId);
  }

  close() {
    this.#over.abort();
    this.#live = false;
    clearInterval(this.#heart);
    clearTimeout(this.#retry);
    this.#listen();
    this.#link?.close();
    this.#link = null;
  }

  #connect() {
    if (this.#over.signal.aborted) return;
    this.#retry = null;
    this.#attempt += 1;
    this.#expectWord();
    this.#link = overWebSocket(this.#target, {
      open: () => this.#opened(),
      message: (text) => this.#heard(text),
      close: (how) => this.#closed(how),
    });
    this.#tell("connecting");
  }

  #opened() {
    this.#listen();
    this.#live = true;
    this.#liveSince = performance.now();
    for (const frame of this.#wanted.values()) this.#link.send(frame);
    this.#tell("live");
  }

  #heard(text) {
    this.#listen();
    const frame = parsed(text);
    if (typeof frame?.task_id === "string" && Number.isFinite(frame.rev)) this.#take(frame);
    else if (typeof frame?.error === "string") this.#refused(frame);
  }

  /** A new connection starts with a snapshot; only what is newer than the last is news. */
  #take(state) {
    const { task_id: id, rev, updated_at: at } = state;
    const attempt = this.#attempt;
    if (!isNews({ rev, at, attempt }, this.#seen.get(id))) return;
    this.#seen.set(id, { rev, at, attempt });
    if (state.cancel || isTerminal(state)) this.#wanted.delete(id);
    this.#listeners.onState?.(state);
  }

  /** The daemon complains only about what we said, and all we ever say is cancel. */
  #refused(complaint) {
    this.#wanted.clear();
    this.#listeners.onError?.(complaint);
  }

  #closed(how) {
    this.#listen();
    this.#link = null;
    if (this.#live && performance.now() - this.#liveSince > LASTED_MS) this.#failures = 0;
    this.#live = false;
    if (how === "goodbye") {
      this.#tell("ended");
      return this.close();
    }
    this.#wait();
  }

  /**
   * Exponential, so that a daemon that is down is left in peace; and with full jitter, so
   * that the thousand pages a restart has cut off do not come back in the same instant.
   */
  #wait() {
    const ceiling = Math.min(BACKOFF_CAP_MS, BACKOFF_FIRST_MS * 2 ** this.#failures++);
    const delayMs = Math.random() * ceiling;
    this.#retry = setTimeout(() => this.#connect(), delayMs);
    this.#tell("waiting", { delayMs });
  }

  /** Back online or back in view: the best moment to find out how things stand. */
  #hurry() {
    if (this.#live) return this.#beat();
    if (this.#retry === null) return;
    clearTimeout(this.#retry);
    this.#connect();
  }

  /** Not while hidden: browsers slow the timers of hidden pages, and silence looks longer. */
  #beat() {
    if (!this.#live || hidden()) return;
    this.#link.ping?.();
    this.#expectWord();
  }

  /** An attempt that hangs and a connection that fell silent are given up alike. */
  #expectWord() {
    this.#silence ??= setTimeout(() => {
      this.#link?.close();
      this.#closed("broken");
    }, SILENCE_MS);
  }

  #listen() {
    clearTimeout(this.#silence);
    this.#silence = null;
  }

  #tell(connection, detail = {}) {
    this.#listeners.onConnection?.(connection, detail);
  }
}

/**
 * On one connection revisions rise. A daemon that was restarted numbers a task anew, from the
 * time of its first publish in milliseconds: less than before, if the task had changed more than
 * a thousand times a second. So the first state on a new connection may be news by its time.
 */
function isNews(state, seen) {
  if (!seen || state.rev > seen.rev) return true;
  return state.attempt !== seen.attempt && state.at > seen.at;
}

/** The daemon's root, with the slash that makes relative URLs resolve below it. */
function baseUrl(server) {
  return new URL(server ? String(server).replace(/\/*$/, "/") : "./", import.meta.url);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null; // "pong", or a frame that makes no sense: either way the daemon lives
  }
}

function hidden() {
  return globalThis.document?.visibilityState === "hidden";
}
