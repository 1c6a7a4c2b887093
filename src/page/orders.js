/**
 * A form for each recipe of the daemon: what may be started from here.
 *
 * The daemon decides what a value may be, and its sentence is shown beside the field. A second
 * opinion here would only be one that can differ.
 */

const recipesUrl = new URL("./api/recipes", import.meta.url);
const tasksUrl = new URL("./api/tasks", import.meta.url);

/** Of this tab only, and not the token that opens the states: to look is not to start. */
const KEY = "doneyet.publish-token";

let numbered = 0;

export class Orders {
  #section;
  #announce;
  /** What the forms were made of, so that they are not made anew under somebody's hands. */
  #known = "";

  /** Shows the forms in `section`, and says what is only heard with `announce`. */
  constructor(section, announce) {
    this.#section = section;
    this.#announce = announce;
  }

  /** Asks the daemon what may be started; also after a reconnect, for it may be another one. */
  async load() {
    const { status, json } = await ask(recipesUrl, {});
    if (status === 200 && Array.isArray(json?.recipes)) {
      this.#show(JSON.stringify(json), () => json.recipes.map((recipe) => this.#form(recipe)));
    } else if (status === 401) {
      this.#show("locked", () => [this.#lock()]);
    } else if (status === 404) {
      this.#show("", () => []);
    }
  }

  #show(known, make) {
    if (known === this.#known) return;
    this.#known = known;
    this.#section.replaceChildren(...make());
    this.#section.hidden = this.#section.children.length === 0;
  }

  /** Folded up, since most who come to look will not start anything. */
  #lock() {
    const input = create("input", { type: "password", autocomplete: "current-password", required: true });
    const label = create("label", {}, "Publish token");
    tie(label, input);
    const form = create("form", { className: "order" });
    form.append(pair(label, input), create("button", {}, "Open"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      sessionStorage.setItem(KEY, input.value);
      this.#known = "";
      this.load();
    });
    const details = create("details", {});
    details.append(create("summary", {}, "Start a task"), form);
    return details;
  }

  #form(recipe) {
    const fields = recipe.inputs.map(field);
    const button = create("button", {}, recipe.label);
    const fault = create("p", { className: "error", role: "alert", hidden: true });
    const form = create("form", { className: "order", noValidate: true, ariaLabel: recipe.label });
    form.append(...fields.map(({ element }) => element), button, fault);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (button.ariaDisabled === "true") return;
      // Not `disabled`: that would throw away the keyboard's place in the page.
      button.ariaDisabled = "true";
      for (const each of [fault, ...fields.map((one) => one.fault)]) say(each, "");
      await this.#order(recipe, fields, fault);
      button.ariaDisabled = "false";
    });
    return form;
  }

  async #order(recipe, fields, fault) {
    const order = { recipe: recipe.name };
    for (const { name, value } of fields) order[name] = value();
    const { status, json } = await ask(tasksUrl, { method: "POST", body: JSON.stringify(order) });
    if (status === 201) {
      for (const { clear } of fields) clear();
      this.#announce(`${recipe.label}: queued.`);
      return;
    }
    const wrong = fields.find(({ name }) => name === json?.field);
    if (wrong) {
      // The sentence begins with the field's name in backquotes; people know it by its label.
      say(wrong.fault, json.message.replace(/^`[^`]*`/, () => wrong.label));
      wrong.mark();
    } else {
      say(fault, json?.message ?? "The daemon does not answer.");
    }
    if (status === 401) this.load();
  }
}

/** One input: its element, how it is read, and where a complaint about it goes. */
function field(input) {
  const control = input.type === "choice" ? choice(input) : text(input);
  const label = create("label", {}, input.label);
  tie(label, control);
  const fault = create("p", { className: "error", role: "alert", hidden: true, id: `${control.id}-fault` });
  control.setAttribute("aria-describedby", fault.id);
  control.addEventListener("input", () => {
    control.removeAttribute("aria-invalid");
    say(fault, "");
  });
  const element = pair(label, control);
  element.append(fault);
  return {
    element,
    fault,
    name: input.name,
    label: input.label,
    value: () => (input.type === "url" ? address(control.value) : control.value),
    clear: () => { if (input.type !== "choice") control.value = input.default ?? ""; },
    mark: () => {
      control.setAttribute("aria-invalid", "true");
      control.focus();
    },
  };
}

function text(input) {
  const control = create("input", { type: input.type === "url" ? "url" : "text", autocomplete: "off" });
  control.setAttribute("autocapitalize", "none");
  control.spellcheck = false;
  control.value = input.default ?? "";
  if (input.type === "url") control.placeholder = `${input.schemes[0]}://…`;
  return control;
}

function choice(input) {
  const control = create("select", {});
  for (const each of input.choices) control.append(create("option", { value: each }, each));
  control.value = input.default ?? input.choices[0];
  return control;
}

/** An address as a browser would ask for it: `ä` percent-encoded, names in ASCII. */
function address(text) {
  try {
    return new URL(text.trim()).href;
  } catch {
    return text.trim();
  }
}

function pair(label, control) {
  const element = create("div", { className: "input" });
  element.append(label, control);
  return element;
}

function tie(label, control) {
  control.id = `order-${numbered++}`;
  label.htmlFor = control.id;
}

function create(name, properties, text = "") {
  const element = Object.assign(document.createElement(name), properties);
  if (text) element.textContent = text;
  return element;
}

function say(element, text) {
  element.textContent = text;
  element.hidden = text === "";
}

/** The answer's status, 0 if there is none, and its content if that is JSON. */
async function ask(url, options) {
  const token = sessionStorage.getItem(KEY);
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  try {
    const response = await fetch(url, { ...options, headers, cache: "no-store" });
    return { status: response.status, json: await response.json().catch(() => null) };
  } catch {
    return { status: 0, json: null };
  }
}
