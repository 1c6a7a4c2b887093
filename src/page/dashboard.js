/**
 * The dashboard: every task of this daemon, live.
 *
 * States come in at any rate and only mark rows as dirty; once per frame the dirty ones are
 * drawn, with whatever state is then the newest. That is the daemon's own rule (progress is a
 * state, not a log) carried to the last metre: a page that is slow skips, and never lags.
 */

import { watchAll } from "./doneyet.js";
import { Orders } from "./orders.js";
import { Row } from "./row.js";
import { duration, kind } from "./view.js";

/** `/ws/all` tells what is, not what was forgotten; so compare with the list now and then. */
const RECONCILE_EVERY_MS = 60_000;

/** With fewer tasks than this the eye is the better filter. */
const FILTER_FROM = 9;

/** A shorter interruption is not worth alarming anyone. */
const ALARM_AFTER_MS = 1_500;

const KINDS = ["running", "queued", "stalled", "lost", "completed", "failed", "cancelled"];

const $ = (id) => document.getElementById(id);
const lists = { active: $("active").querySelector("ol"), ended: $("ended").querySelector("ol") };
const api = new URL("./api/progress", import.meta.url);
const orders = new Orders($("orders"), announce);

/** Task id → row. */
const rows = new Map();
const dirty = new Set();
/** What ended since the last announcement. A count, since a hidden page announces nothing. */
const endings = { count: 0, last: null };
/** The line to the daemon; `lostAt` is 0 while there is nothing to complain about. */
const line = { connection: "connecting", way: "", retryAt: 0, lostAt: 0, refusal: "" };
let daemon = null;
let token = tokenFromAddress();
let unsorted = false;
let frame = 0;
/** Daemon's clock minus ours: a wrong clock on either side must not make tasks look old. */
let skewMs = 0;

open();

function open() {
  daemon?.close();
  daemon = watchAll({ token, onState, onConnection, onError });
}

function onState(state) {
  const row = rows.get(state.task_id);
  if (!row) {
    rows.set(state.task_id, new Row(state, { onCancel, onChange, fileUrl }));
    unsorted = true;
  } else if (row.take(state)) {
    unsorted = true;
    if (row.ended) {
      endings.count += 1;
      endings.last = state;
    }
  }
  onChange(rows.get(state.task_id));
}

function onChange(row) {
  dirty.add(row);
  schedule();
}

/** Returns what became of the wish, for the row to say so. */
function onCancel(taskId) {
  daemon.cancel(taskId);
  return line.connection === "live" ? "sent" : "kept";
}

/** A link can carry no header, so where a token is needed it stands in the address. */
function fileUrl(taskId, name) {
  const route = `./api/tasks/${encodeURIComponent(taskId)}/files/${encodeURIComponent(name)}`;
  const url = new URL(route, import.meta.url);
  if (token) url.searchParams.set("token", token);
  return url.href;
}

function onError({ error, message }) {
  for (const row of rows.values()) row.complain(String(message ?? error));
  redrawAll();
}

function onConnection(connection, { way = "", delayMs = 0, complaint }) {
  line.connection = connection;
  if (connection !== "connecting") line.refusal = String(complaint?.message ?? "");
  line.way = way;
  line.retryAt = Date.now() + delayMs;
  if (connection === "live") {
    announce(line.lostAt ? "Connected again." : "");
    line.lostAt = 0;
    for (const row of rows.values()) row.settle();
    redrawAll();
    reconcile();
    orders.load();
  } else if (connection === "waiting") {
    line.lostAt ||= Date.now();
    // A refused upgrade tells a page no reason (by design of the API); a plain request does.
    reconcile();
  }
  drawLine();
  schedule();
}

/**
 * Drops what the daemon does not list any more. A task that spoke after the question was
 * asked may be younger than the answer, and stays.
 */
async function reconcile() {
  const asked = performance.now();
  const listed = await taskList();
  if (!listed) return;
  for (const [id, row] of rows) {
    if (listed.has(id) || row.heardAt > asked) continue;
    rows.delete(id);
    dirty.delete(row);
    row.element.remove();
    daemon.forget(id);
  }
  unsorted = true;
  $("board").dataset.known = "true";
  schedule();
}

/** The ids of all tasks, or null where there is no answer to rely on. */
async function taskList() {
  try {
    const headers = token ? { Authorization: `Bearer ${token}` } : {};
    const response = await fetch(api, { headers, cache: "no-store" });
    $("gate").hidden = response.status !== 401;
    if (token) setText($("gate-says"), "This is none of the daemon's watch tokens. Ask whoever started it.");
    if (!response.ok) return null;
    const served = Date.parse(response.headers.get("Date") ?? "");
    // `Date` has whole seconds, so a smaller difference is none.
    const apart = served - Date.now();
    skewMs = Math.abs(apart) > 2_000 ? apart : 0;
    const { tasks } = await response.json();
    return new Set(tasks.map((task) => task.task_id));
  } catch {
    return null;
  }
}

// ---- drawing -------------------------------------------------------------------------------

/** A hidden page gets no frames, but its tab still shows a title: a slow timer will do. */
function schedule() {
  if (frame) return;
  frame = document.hidden ? setTimeout(draw, 1_000) : requestAnimationFrame(draw);
}

function draw() {
  frame = 0;
  drawSummary();
  if (document.hidden) return;
  const focused = document.activeElement;
  const now = Date.now() + skewMs;
  for (const row of dirty) row.render(now);
  dirty.clear();
  if (unsorted) arrange();
  if (focused !== document.activeElement) refocus(focused);
  announceEndings();
}

function redrawAll() {
  for (const row of rows.values()) dirty.add(row);
  schedule();
}

function drawSummary() {
  const counts = Object.fromEntries(KINDS.map((name) => [name, 0]));
  let running = null;
  for (const { state } of rows.values()) {
    const name = kind(state);
    counts[name] += 1;
    if (name === "running") running = state;
  }
  document.title = tabTitle(counts, running);
  if (!document.hidden) drawCounts(counts);
}

function tabTitle(counts, running) {
  if (alarming()) return "not connected · doneyet";
  if (counts.running === 1 && Number.isFinite(running.progress)) {
    return `${Math.floor(running.progress)} % · doneyet`;
  }
  const telling = ["running", "stalled"].find((name) => counts[name] > 0);
  return telling ? `${counts[telling]} ${telling} · doneyet` : "doneyet";
}

function drawCounts(counts) {
  const list = $("counts");
  if (!list.children.length) list.append(...KINDS.map(counter));
  KINDS.forEach((name, i) => {
    const [figure] = list.children[i].getElementsByTagName("dd");
    const text = String(counts[name]);
    if (figure.textContent !== text) figure.textContent = text;
    list.children[i].hidden = counts[name] === 0 && name !== "running";
  });
  const board = $("board");
  const known = board.dataset.known === "true";
  board.hidden = rows.size === 0;
  $("empty").hidden = rows.size > 0 || !known;
}

function counter(name) {
  const group = document.createElement("div");
  group.className = name;
  const term = document.createElement("dt");
  term.textContent = name;
  group.append(term, document.createElement("dd"));
  return group;
}

/** Puts rows in order, moving as few as possible; only when one came, ended or revived. */
function arrange() {
  unsorted = false;
  const sorted = [...rows.values()].sort((a, b) => b.place - a.place);
  place(lists.active, sorted.filter((row) => !row.ended));
  place(lists.ended, sorted.filter((row) => row.ended));
  filter();
}

/** Moving an element drops the focus, and a cancel button vanishes with its task's end. */
function refocus(element) {
  const target = element.hidden ? element.closest(".task") : element;
  if (target?.isConnected) target.focus({ preventScroll: true });
}

function place(list, sorted) {
  let next = list.firstElementChild;
  for (const { element } of sorted) {
    if (element === next) next = next.nextElementSibling;
    else list.insertBefore(element, next);
  }
}

function filter() {
  const box = $("filter");
  box.hidden = rows.size < FILTER_FROM && !box.value;
  const query = box.value.trim().toLowerCase();
  const left = { active: 0, ended: 0 };
  for (const row of rows.values()) {
    row.element.hidden = query !== "" && !row.matches(query);
    if (!row.element.hidden) left[row.ended ? "ended" : "active"] += 1;
  }
  $("active").hidden = query !== "" && left.active === 0;
  $("ended").hidden = left.ended === 0;
  $("unmatched").hidden = query === "" || left.active + left.ended > 0;
}

// ---- the line to the daemon ----------------------------------------------------------------

function alarming() {
  return line.lostAt !== 0 && Date.now() - line.lostAt > ALARM_AFTER_MS;
}

function drawLine() {
  document.documentElement.dataset.connection = alarming() ? "lost" : line.connection;
  setText($("connection"), lineText());
  const notice = $("notice");
  setText(notice, noticeText());
  notice.hidden = !notice.textContent;
}

function noticeText() {
  if (!alarming()) return "";
  // The gate says so in its own words.
  const why = line.refusal && $("gate").hidden ? `The daemon refused: ${line.refusal}. ` : "";
  const since = new Date(line.lostAt).toLocaleTimeString();
  const what = rows.size > 0 ? `Not connected. What you see is how things stood at ${since}.` : "";
  return why + what;
}

function lineText() {
  if (line.connection === "live") return `live · ${line.way}`;
  if (line.connection === "ended") return "closed by the daemon";
  // Only a remark: the daemon may well be on this machine, so attempts go on regardless. Who has
  // refused was there.
  if (!navigator.onLine && !line.refusal) return "offline";
  if (line.connection !== "waiting") return line.lostAt ? "reconnecting…" : "connecting…";
  const seconds = Math.ceil((line.retryAt - Date.now()) / 1000);
  const what = line.refusal ? "refused, trying again" : "reconnecting";
  return seconds > 0 ? `${what} in ${duration(seconds * 1000)}` : `${what}…`;
}

/** Sparingly: endings and the line, never progress; who wants that reads the progress bars. */
function announceEndings() {
  if (endings.count === 0) return;
  const { title, task_id, status } = endings.last;
  const one = `${typeof title === "string" ? title : task_id} ${status}.`;
  announce(endings.count === 1 ? one : `${endings.count} tasks ended.`);
  endings.count = 0;
}

function announce(text) {
  if (text) setText($("announcer"), text);
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// ---- the viewer ----------------------------------------------------------------------------

/** From `#token=…` (a fragment never reaches a server or its log), kept for this tab only. */
function tokenFromAddress() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) {
    sessionStorage.setItem("doneyet.token", given);
    history.replaceState(null, "", location.pathname + location.search);
  }
  return sessionStorage.getItem("doneyet.token") ?? undefined;
}

$("gate").addEventListener("submit", (event) => {
  event.preventDefault();
  token = $("token").value;
  sessionStorage.setItem("doneyet.token", token);
  open();
});

$("filter").addEventListener("input", filter);

$("example").textContent =
  `curl -H 'Content-Type: application/json' \\\n` +
  `  -d '{"title": "My first task", "progress": 42}' \\\n` +
  `  ${api.href}/first`;

// Browsers offer the clipboard to secure origins only.
$("copy").hidden = !navigator.clipboard;
$("copy").addEventListener("click", async () => {
  await navigator.clipboard.writeText($("example").textContent);
  $("copy").textContent = "Copied";
  setTimeout(() => ($("copy").textContent = "Copy"), 2_000);
});

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  // What was scheduled as a slow timer is wanted now, as a frame.
  clearTimeout(frame);
  frame = 0;
  redrawAll();
  if (line.connection === "live") reconcile();
});

setInterval(() => {
  if (!document.hidden && line.connection === "live") reconcile();
}, RECONCILE_EVERY_MS);

/** Ages and the countdown move although nothing arrives; so may what a filter shows. */
setInterval(() => {
  drawLine();
  if (document.hidden) return;
  redrawAll();
  if ($("filter").value) filter();
}, 1_000);
