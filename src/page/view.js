/**
 * What a state looks like: plain values in, plain values out, no document in sight.
 *
 * Every field but `task_id`, `rev` and `updated_at` was written by a worker we do not know,
 * so nothing here trusts a type: a field that is not what it should be is not there.
 */

import { isTerminal } from "./doneyet.js";

/** A worker that has been silent this long is worth a remark. */
const QUIET_MS = 10_000;

/** A long text helps nobody in a list; the whole of it is in the state. */
const TEXT_MAX = 400;

const ENDINGS = {
  completed: { tone: "good", figure: "✓" },
  failed: { tone: "bad", figure: "✕" },
  cancelled: { tone: "quiet", figure: "–" },
};

/**
 * Everything a row shows of `state` at the time `now` (Unix milliseconds, daemon's clock).
 * `wish` is what the viewer clicked and no state has confirmed: `"sent"`, `"kept"` or null.
 */
export function view(state, now, wish) {
  const ended = isTerminal(state);
  const progress = finite(state.progress);
  return {
    ended,
    progress,
    ...headline(state, ended, progress),
    title: text(state.title) || text(state.filename) || state.task_id,
    id: text(state.title) || text(state.filename) ? state.task_id : "",
    speed: ended ? "" : text(state.speed),
    eta: ended ? "" : text(state.eta),
    amount: amount(state),
    age: age(state, ended, now),
    message: text(state.message) || (ended ? text(state.result) : ""),
    error: text(state.error),
    cancel: cancel(state, ended, wish),
    files: files(state, ended),
    refused: state.cancel === "refused" ? "The worker refused to cancel." : "",
    restart: ended ? restartUrl(state.restart) : null,
  };
}

/** The counter in the page's header that a state belongs to. */
export function kind(state) {
  if (isTerminal(state)) return state.status;
  if (state.status === "lost") return "lost";
  if (state.status === "queued") return "queued";
  return state.stalled === true ? "stalled" : "running";
}

function headline(state, ended, progress) {
  if (ended) return { status: state.status, ...ENDINGS[state.status], unit: "" };
  // Rounded down: 99.6 is not done, and a bar that lies at the end lies where it matters.
  const figure = progress === null ? "···" : String(Math.floor(progress));
  const unit = progress === null ? "" : "%";
  const what = kind(state);
  if (what === "running") return { status: text(state.status), tone: "live", figure, unit };
  if (what === "queued") return { status: what, tone: "quiet", figure, unit };
  return { status: what, tone: "warn", figure, unit };
}

function age(state, ended, now) {
  const silence = now - finite(state.updated_at);
  if (ended) return `${duration(silence)} ago`;
  return silence >= QUIET_MS ? `updated ${duration(silence)} ago` : "";
}

function cancel(state, ended, wish) {
  if (ended) return null;
  if (state.cancel === "acknowledged") return { label: "Cancelling (acknowledged)…", idle: false };
  if (state.cancel === "requested" || wish === "sent") {
    return { label: "Cancel requested…", idle: false };
  }
  if (wish === "kept") return { label: "Will ask once connected…", idle: false };
  return { label: state.cancel === "refused" ? "Ask again" : "Cancel", idle: true };
}

/** `"23.5 of 50.0 MB"`, `"1,200 of 5,000 frames"`, or what of it is known. */
function amount(state) {
  const loaded = finite(state.loaded);
  const total = finite(state.total);
  if (loaded === null) return "";
  const unit = text(state.unit) || "B";
  if (unit === "B") return byteAmount(loaded, total);
  const whole = total === null ? "" : ` of ${count(total)}`;
  return `${count(loaded)}${whole} ${unit}`;
}

/** What the daemon's own job has made, each with its size in words. */
function files(state, ended) {
  const isFile = (file) => typeof file?.name === "string" && finite(file.size) !== null;
  const isJob = ended && typeof state.recipe === "string" && Array.isArray(state.result);
  return isJob
    ? state.result.filter(isFile).map(({ name, size }) => ({ name, size: byteAmount(size, null) }))
    : [];
}

function byteAmount(loaded, total) {
  // One prefix for both, the larger one's: "0.4 of 1.2 GB" compares at a glance.
  const [divisor, unit] = bytePrefix(Math.max(loaded, total ?? 0));
  const scaled = (bytes) => (divisor === 1 ? count(bytes) : (bytes / divisor).toFixed(1));
  return total === null
    ? `${scaled(loaded)} ${unit}`
    : `${scaled(loaded)} of ${scaled(total)} ${unit}`;
}

function bytePrefix(bytes) {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let power = 0;
  while (bytes >= 1000 && power < units.length - 1) {
    bytes /= 1000;
    power += 1;
  }
  return [1000 ** power, units[power]];
}

/** `"4 s"`, `"12 min"`, `"5 h"`, `"3 d"`: one unit, since nobody needs the second. */
export function duration(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

const grouped = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const count = (number) => grouped.format(number);

function finite(value) {
  return Number.isFinite(value) ? value : null;
}

function text(value) {
  if (typeof value === "number") return String(value);
  return typeof value === "string" ? value.trim().slice(0, TEXT_MAX) : "";
}

/**
 * The address that starts a task again, if it is one we are willing to POST to: ours, or,
 * where this page itself comes from the viewer's own machine, another port of that machine.
 * A stranger's state must not make a page from elsewhere knock at the viewer's local doors.
 */
function restartUrl(value) {
  if (typeof value !== "string") return null;
  const here = new URL(import.meta.url);
  let url;
  try {
    url = new URL(value, here);
  } catch {
    return null;
  }
  const web = url.protocol === "http:" || url.protocol === "https:";
  const near = isLoopback(url.hostname) && isLoopback(here.hostname);
  return web && (url.origin === here.origin || near) ? url.href : null;
}

/** `URL` has normalised the host: `127.1` and `0x7f000001` arrive as `127.0.0.1`. */
function isLoopback(host) {
  return host === "localhost" || host === "[::1]" || /^127(\.\d{1,3}){3}$/.test(host);
}
