/**
 * One task on the page: an element that is made once and from then on only told differences.
 *
 * Texts are set as text, never as markup: a task titled `<img onerror=…>` is shown with
 * exactly these characters.
 */

import { isTerminal } from "./doneyet.js";
import { view } from "./view.js";

/** How long "Starting…" may stand before the button is offered again. */
const RESTART_PATIENCE_MS = 8_000;

const template = document.getElementById("row");
let numbered = 0;

export class Row {
  /** When the last state came, by this page's own clock (`performance.now()`). */
  heardAt = 0;
  /** Where the row stands among its kind: Unix milliseconds, newest first, set seldom. */
  place = 0;
  /** Whether it belongs to the ended ones; unknown before the first state. */
  ended = null;
  #parts = {};
  #shown = {};
  /** The viewer's cancel that no state has confirmed: `"sent"`, `"kept"` or null. */
  #wish = null;
  #starting = 0;
  #complaint = "";

  /** Where a file of the task is. */
  #fileUrl;

  constructor(state, { onCancel, onChange, fileUrl }) {
    this.#fileUrl = fileUrl;
    this.element = template.content.firstElementChild.cloneNode(true);
    for (const part of this.element.querySelectorAll("[data-part]")) {
      this.#parts[part.dataset.part] = part;
    }
    this.#parts.title.id = `task-${numbered++}`;
    this.#parts.gauge.setAttribute("aria-labelledby", this.#parts.title.id);
    this.#parts.cancel.setAttribute("aria-describedby", this.#parts.title.id);
    this.#parts.cancel.addEventListener("click", () => {
      if (!this.#shown.idle) return;
      this.#complaint = "";
      this.#wish = onCancel(this.state.task_id);
      onChange(this);
    });
    this.#parts.restart.addEventListener("click", () => this.#restart(() => onChange(this)));
    this.take(state);
  }

  /** A new state. Returns whether the task ended or came back to life by it. */
  take(state) {
    this.state = state;
    this.heardAt = performance.now();
    if (state.cancel) this.#wish = null;
    this.#starting = 0;
    const ended = isTerminal(state);
    const moved = ended !== this.ended;
    if (moved) {
      // A running task keeps the place of its birth (its first revision is a time), so that
      // progress never reorders; an ended one takes that of its end.
      this.place = ended || this.ended ? state.updated_at : state.rev;
      this.ended = ended;
      this.#wish = null;
    }
    return moved;
  }

  /** A wish made without a connection has been sent now. */
  settle() {
    if (this.#wish) this.#wish = "sent";
  }

  /** The daemon refused something; only a row that wished for something can be meant. */
  complain(message) {
    if (this.#wish === null) return;
    this.#wish = null;
    this.#complaint = message;
  }

  matches(query) {
    const { title, id, status } = view(this.state, 0, null);
    return `${title}\n${id}\n${status}`.toLowerCase().includes(query);
  }

  /** Brings the element up to date; costs next to nothing where nothing differs. */
  render(now) {
    const v = view(this.state, now, this.#wish);
    const { element } = this;
    this.#once("tone", v.tone, (tone) => (element.dataset.tone = tone));
    this.#once("ended", v.ended, (ended) => element.classList.toggle("ended", ended));
    for (const name of ["figure", "unit", "title", "id", "status", "speed", "eta", "amount"]) {
      this.#text(name, v[name]);
    }
    this.#text("age", v.age);
    this.#text("message", v.message);
    this.#text("error", this.#complaint || v.error);
    this.#text("refused", v.refused);
    this.#files(v.files);
    this.#gauge(v);
    this.#buttons(v);
  }

  #files(files) {
    const links = files.map(({ name, size }) => [this.#fileUrl(this.state.task_id, name), name, size]);
    this.#once("files", JSON.stringify(links), () => {
      this.#parts.files.replaceChildren(...links.map(fileLink));
      this.#parts.files.hidden = links.length === 0;
    });
  }

  #gauge({ progress, ended }) {
    const { gauge, fill } = this.#parts;
    this.#once("progress", progress, () => {
      gauge.classList.toggle("indeterminate", progress === null);
      if (progress !== null) fill.style.transform = `translateX(${progress - 100}%)`;
    });
    // Whole numbers only: a screen reader has no use for a change it does not pronounce.
    const spoken = progress === null ? null : Math.floor(progress);
    this.#once("spoken", spoken, () => {
      if (spoken === null) gauge.removeAttribute("aria-valuenow");
      else gauge.setAttribute("aria-valuenow", spoken);
    });
    this.#once("gaugeHidden", ended && progress === null, (hide) => (gauge.hidden = hide));
  }

  #buttons({ cancel, restart }) {
    this.#text("cancel", cancel?.label ?? "");
    // Not `disabled`: that would throw away the keyboard's place in the page.
    this.#once("idle", cancel?.idle ?? false, (idle) => {
      this.#parts.cancel.setAttribute("aria-disabled", String(!idle));
    });
    this.#text("restart", restart ? (this.#starting ? "Starting…" : "Start again") : "");
  }

  async #restart(changed) {
    const { restart } = view(this.state, 0, null);
    if (!restart || this.#starting) return;
    const attempt = (this.#starting = performance.now());
    this.#complaint = "";
    changed();
    const complaint = await post(restart);
    if (!complaint) await new Promise((done) => setTimeout(done, RESTART_PATIENCE_MS));
    // A state that came meanwhile is the answer; this one would be about the last run.
    if (this.#starting !== attempt) return;
    this.#starting = 0;
    this.#complaint = complaint;
    changed();
  }

  #text(name, value) {
    this.#once(name, value, () => {
      this.#parts[name].textContent = value;
      this.#parts[name].hidden = value === "";
    });
  }

  /** Reading the document back is what makes pages slow; so remember what was written. */
  #once(name, value, write) {
    if (this.#shown[name] === value) return;
    this.#shown[name] = value;
    write(value);
  }
}

function fileLink([url, name, size]) {
  const link = document.createElement("a");
  Object.assign(link, { href: url, download: name, textContent: name });
  const item = document.createElement("li");
  item.append(link, ` ${size}`);
  return item;
}

/** Knocks, bare of cookies and tokens. Returns what went wrong, or "". */
async function post(url) {
  const ours = new URL(url).origin === location.origin;
  try {
    const response = await fetch(url, {
      method: "POST",
      mode: ours ? "same-origin" : "no-cors",
      credentials: "omit",
    });
    const fine = response.ok || response.type === "opaque";
    return fine ? "" : `Could not be started again: the answer was ${response.status}.`;
  } catch {
    return "Could not be started again: nobody answered.";
  }
}
