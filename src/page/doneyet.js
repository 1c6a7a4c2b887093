/**
 * Follows tasks. What to call: see `doneyet.d.ts`.
 *
 * All watchers with one key share a *line*. It holds a *link*, by the best *way* that gets through.
 */

/** Random pauses up to FIRST · 2ⁿ, at most CAP; anew after a link that LASTED. */
const BACKOFF_FIRST_MS = 500;
const BACKOFF_CAP_MS = 15_000;
const LASTED_MS = 10_000;
/** For a link's first word; between two words; before a link that can ask does. */
const PATIENCE_MS = 10_000;
const SILENCE_MS = 35_000;
const QUIET_MS = 20_000;
const BEAT_MS = 5_000;
const BETTER_MS = 25_000;
/** Tasks that one socket may name. */
const MANY = 64;

const TASK_ID = /^(?!\.{1,2}$)[A-Za-z0-9._~:@-]{1,128}$/;
/** RFC 9110 §5.6.2: all that a subprotocol may be. */
const HEADER_TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;
/** No portal's page. 204 and 304 have none. */
const OURS = /json|event-stream|null/;
const TERMINAL = new Set(["completed", "failed", "cancelled"]);
const ALL = "*";

export const isTerminal = (state) => TERMINAL.has(state.status);

export function watch(taskId, options = {}) {
  if (!TASK_ID.test(taskId)) throw new RangeError(`not a task id: ${taskId}`);
  const { line, close } = join(taskId, options);
  return { cancel: (reason) => line.ask(taskId, reason), close };
}

export function watchAll(options = {}) {
  const { line, close } = join(ALL, options);
  return {
    cancel: (taskId, reason) => line.ask(taskId, reason),
    forget: (taskId) => line.forget(taskId),
    close,
  };
}

const lines = new Set();

function join(id, { server, token, ticket, ...listeners }) {
  const root = server ? String(server).replace(/\/*$/, "/") : "./";
  // A ticket is for one task.
  const key = { base: new URL(root, import.meta.url).href, token, ticket, only: ticket && id };
  const line = [...lines].find((line) => line.opensWith(key)) ?? new Line(key);
  const watcher = { id, ...listeners };
  line.join(watcher);
  return { line, close: () => line.close(watcher) };
}

/* A way goes on until its signal aborts it: `word(frame?)` for all it hears, at the end `lost(why?)`. */

function overWebSocket({ base, token, ticket, topic, ids, stop }, word, lost) {
  const url = new URL(`ws/${topic}`, base);
  url.protocol = url.protocol.replace("http", "ws");
  // Pages set no `Authorization`; queries are logged.
  let secret = ticket ? `ticket.${ticket}` : token && `bearer.${token}`;
  if (secret && !HEADER_TOKEN.test(secret)) {
    url.searchParams.set("token", token);
    secret = "";
  }
  const socket = new WebSocket(url, secret ? ["doneyet.v1", secret] : []);
  const send = (frame) => socket.send(JSON.stringify(frame));
  const name = (action, id) =>
    topic === "progress" && socket.readyState === 1 && send({ action, task_id: id });
  // The protocol's own are hidden from pages.
  const ping = () => socket.send("ping");
  socket.onopen = () => {
    for (const id of ids()) name("subscribe", id);
    ping();
  };
  socket.onmessage = ({ data }) => word(parsed(data));
  socket.onclose = ({ code }) => lost({ forgotten: code === 1000 });
  stop.signal.onabort = () => socket.close();
  return { send, name, ping };
}

/** An `EventSource` hides the heartbeat, a comment. */
async function readEvents({ ask, topic }, word) {
  const { body } = await ask(`sse/${topic}`);
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = "", part; !(part = await reader.read()).done; ) {
    word();
    const fields = (rest + part.value).split("\n");
    rest = fields.pop();
    for (const field of fields) if (field.startsWith("data: ")) word(parsed(field.slice(6)));
  }
}

/** Held until there is news. Of all tasks one always moved: a pause. */
async function poll({ ask, topic }, word) {
  const all = topic === "all";
  for (let wait = 1, rev, headers; ; wait = 25) {
    const query = `?wait=${wait}${rev ? `&since=${rev}` : ""}`;
    const response = await ask(`api/${all ? "progress" : topic}${query}`, { headers });
    const news = response.status === 200 ? parsed(await response.text()) : {};
    word();
    for (const state of all ? news.tasks ?? [] : [news]) word(state);
    rev = news.rev ?? rev;
    if (!all) continue;
    headers = { "If-None-Match": response.headers.get("ETag") ?? "" };
    await new Promise((next) => setTimeout(next, 1_000));
  }
}

const untilItEnds = (way) => (target, word, lost) => void way(target, word).then(lost, lost);

const WAYS = [overWebSocket, untilItEnds(readEvents), untilItEnds(poll)];
const NAMES = ["WebSocket", "SSE", "long polling"];

class Line {
  #key;
  /** Task id, or ALL → its watchers. */
  #watchers = new Map();
  /** Task id → its newest state, and by which link. */
  #seen = new Map();
  /** Task id → why to cancel it, until a state confirms that. */
  #wanted = new Map();
  #link = null;
  #better = null;
  #betterAt = 0;
  #failures = 0;
  #retry;
  #told = ["connecting", {}];
  #over = new AbortController();

  constructor(key) {
    this.#key = key;
    lines.add(this);
    const beat = setInterval(() => this.#beat(), BEAT_MS);
    const { signal } = this.#over;
    signal.onabort = () => clearInterval(beat);
    globalThis.addEventListener?.("online", () => this.#hurry(), { signal });
    globalThis.document?.addEventListener("visibilitychange", () => this.#hurry(), { signal });
    // Not at once: who comes in the same breath shares it.
    queueMicrotask(() => this.#connect());
  }

  opensWith(key) {
    return Object.keys(key).every((part) => key[part] === this.#key[part]);
  }

  join(watcher) {
    const { id } = watcher;
    if (!this.#watchers.has(id)) this.#watchers.set(id, new Set());
    const watchers = this.#watchers.get(id).add(watcher);
    if (watchers.size === 1 && this.#link) this.#widen(id);
    queueMicrotask(() => {
      watcher.listens ??= true;
      say([watcher], "onConnection", ...this.#told);
      for (const [task, { state }] of this.#seen) {
        if (id === ALL || id === task) say([watcher], "onState", state);
      }
    });
  }

  close(watcher) {
    watcher.listens = false;
    this.#leave(watcher);
  }

  #leave(watcher) {
    const { id } = watcher;
    const watchers = this.#watchers.get(id);
    if (!watchers?.delete(watcher) || watchers.size) return;
    this.#watchers.delete(id);
    if (!this.#watchers.size) return this.#close();
    if (this.#link?.topic !== "all") this.forget(id);
    this.#link?.name?.("unsubscribe", id);
  }

  /** Each new link repeats it: twice is harmless. */
  ask(id, reason) {
    this.#wanted.set(id, reason);
    if (this.#link?.live) this.#send(id, reason);
  }

  forget(id) {
    this.#seen.delete(id);
    this.#wanted.delete(id);
  }

  #close() {
    this.#over.abort();
    clearTimeout(this.#retry);
    this.#drop(this.#link);
    this.#drop(this.#better);
    lines.delete(this);
  }

  /** One task, all, or those that a WebSocket names. */
  #topic(way) {
    const ids = [...this.#watchers.keys()];
    const names = way === 0 && !this.#key.ticket;
    if (ids.includes(ALL) || ids.length > (names ? MANY : 1)) return "all";
    return names ? "progress" : `progress/${encodeURIComponent(ids[0])}`;
  }

  #connect(way = 0) {
    if (this.#over.signal.aborted) return;
    this.#link = this.#open(way);
    this.#tell("connecting");
  }

  #open(way) {
    const stop = new AbortController();
    const { signal } = stop;
    const since = performance.now();
    const link = { way, stop, since, heardAt: since, topic: this.#topic(way) };
    const word = (frame) => signal.aborted || this.#heard(link, frame);
    const lost = (why) => this.#lost(link, why);
    const ask = (path, options) => this.#ask(path, { ...options, signal });
    const ids = () => this.#watchers.keys();
    const start = (key) =>
      signal.aborted || Object.assign(link, WAYS[way]({ ...key, ...link, ask, ids }, word, lost));
    this.#unlock().then(start).catch(lost);
    return link;
  }

  #drop(link) {
    link?.stop.abort();
    if (link === this.#better) this.#better = null;
  }

  /** Keys that expire are functions. */
  async #unlock() {
    const { base, token, ticket, only } = this.#key;
    const fresh = (key) => (typeof key === "function" ? key(only) : key);
    return { base, token: await fresh(token), ticket: await fresh(ticket) };
  }

  async #ask(path, { headers, ...options }) {
    const { base, token, ticket } = await this.#unlock();
    const url = new URL(path, base);
    if (ticket) url.searchParams.set("ticket", ticket);
    if (token) headers = { ...headers, Authorization: `Bearer ${token}` };
    const response = await fetch(url, { cache: "no-store", headers, ...options });
    const { ok, status } = response;
    if ((ok || status === 304) && OURS.test(response.headers.get("Content-Type"))) return response;
    throw { complaint: parsed(await response.text()) };
  }

  #widen(id) {
    const { way, topic, name } = this.#link;
    this.#drop(this.#better); // Opened for others.
    if (this.#topic(way) === topic) return name?.("subscribe", id);
    this.#drop(this.#link);
    this.#connect(way);
  }

  /** The first word makes a link live: what opens and is silent may be a proxy. */
  #heard(link, frame) {
    link.heardAt = performance.now();
    if (!link.live) this.#live(link);
    if (typeof frame?.task_id !== "string") {
      if (typeof frame?.error === "string") this.#refused(frame, [...this.#wanted.keys()]);
    } else if (Number.isFinite(frame.rev)) this.#take(frame, link);
    else if (frame.event === "forgotten") this.#forgotten(frame.task_id);
  }

  #live(link) {
    if (link !== this.#link) {
      this.#drop(this.#link);
      this.#link = link;
      this.#better = null;
    }
    link.live = true;
    this.#betterAt = link.heardAt + BETTER_MS;
    for (const [id, reason] of this.#wanted) this.#send(id, reason);
    this.#tell("live", { way: NAMES[link.way] });
  }

  /** After a way that fails, the next; after the last, a pause. */
  #lost(link, why) {
    if (link.stop.signal.aborted) return;
    this.#drop(link);
    const next = link.live ? WAYS.length : link.way + 1;
    if (link !== this.#link) {
      if (next < this.#link.way) this.#better = this.#open(next);
    } else if (why?.forgotten) {
      this.#forgotten(...this.#watchers.keys());
    } else if (next < WAYS.length) {
      this.#connect(next);
    } else {
      this.#drop(this.#better);
      this.#link = null;
      if (link.live && performance.now() - link.since > LASTED_MS) this.#failures = 0;
      this.#wait(why?.complaint);
    }
  }

  /** Jitter: a restart cuts all off at once. */
  #wait(complaint) {
    const ceiling = Math.min(BACKOFF_CAP_MS, BACKOFF_FIRST_MS * 2 ** this.#failures++);
    const delayMs = Math.random() * ceiling;
    this.#retry = setTimeout(() => this.#connect(), delayMs);
    this.#tell("waiting", { delayMs, complaint });
  }

  #hurry() {
    if (this.#link) {
      // Unseen silence does not count.
      this.#link.heardAt = Math.max(this.#link.heardAt, performance.now() - QUIET_MS);
      this.#beat();
    } else if (!hidden()) {
      clearTimeout(this.#retry);
      this.#connect();
    }
  }

  /** Slowed timers of hidden pages lengthen silence. */
  #beat() {
    if (hidden()) return;
    const now = performance.now();
    for (const link of [this.#link, this.#better]) {
      const silence = now - link?.heardAt;
      if (silence > (link?.live ? SILENCE_MS : PATIENCE_MS)) this.#lost(link);
      else if (link?.live && silence >= QUIET_MS) link.ping?.();
    }
    if (this.#link?.live && this.#link.way > 0 && !this.#better && now > this.#betterAt) {
      this.#betterAt = now + BETTER_MS;
      this.#better = this.#open(0);
    }
  }

  #take(state, link) {
    const { task_id: id } = state;
    if (!isNews(state, this.#seen.get(id), link)) return;
    this.#seen.set(id, { state, link });
    if (state.cancel || isTerminal(state)) this.#wanted.delete(id);
    say(this.#watching(id, ALL), "onState", state);
  }

  #watching(...ids) {
    return ids.flatMap((id) => [...(this.#watchers.get(id) ?? [])]);
  }

  /** Who watches again at once begins afresh. */
  #forgotten(...ids) {
    const watchers = this.#watching(...ids);
    for (const watcher of watchers) this.#leave(watcher);
    say(watchers, "onConnection", "ended", {});
  }

  #send(id, reason) {
    if (this.#link.send) return this.#link.send({ action: "cancel", task_id: id, reason });
    const wish = { method: "POST", body: JSON.stringify({ reason }) };
    this.#ask(`api/progress/${encodeURIComponent(id)}/cancel`, wish).catch(
      ({ complaint }) => complaint && this.#refused(complaint, [id]),
    );
  }

  /** All that we ever say is cancel. */
  #refused(complaint, ids) {
    for (const id of ids) this.#wanted.delete(id);
    say(this.#watching(ALL, ...ids), "onError", complaint);
  }

  #tell(connection, detail = {}) {
    this.#told = [connection, detail];
    say(this.#watching(...this.#watchers.keys()), "onConnection", connection, detail);
  }
}

/** What one throws harms no other. */
function say(watchers, listener, ...news) {
  for (const watcher of watchers) {
    try {
      if (watcher.listens) watcher[listener]?.(...news);
    } catch (error) {
      reportError(error);
    }
  }
}

/** A restart may lower a busy task's revisions: a new link also goes by time. */
function isNews(state, seen, link) {
  if (!seen || state.rev > seen.state.rev) return true;
  return seen.link !== link && state.updated_at > seen.state.updated_at;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null; // "pong": a sign of life
  }
}

const hidden = () => globalThis.document?.visibilityState === "hidden";
