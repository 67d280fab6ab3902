/** The form that starts a training. */

import { closable } from "./dialogs.js";
import { byId, keep, kept, make, show, write } from "./elements.js";
import * as server from "./server.js";
import { known, t } from "./words.js";

const KEPT = "amm-last-request";

/** The fields of the request, in the order of the form; `whole` and `number` are kinds of number. */
const FIELDS = [
  { name: "trainer", kind: "choice" },
  { name: "model", value: "resnet18", required: true, width: "two" },
  { name: "train_path", value: "", required: true, width: "wide" },
  { name: "val_path", value: "", required: true, width: "wide" },
  { name: "save_path", value: "", required: true, width: "wide" },
  { name: "num_classes", kind: "whole", value: 10, required: true, min: 1 },
  { name: "device", value: "cpu", required: true, suggests: true },
  { name: "num_epochs", kind: "whole", value: 10, required: true, min: 1 },
  { name: "batch_size", kind: "whole", value: 8, required: true, min: 1 },
  { name: "learning_rate", kind: "number", value: 0.0001, required: true, min: 0 },
  { name: "priority", kind: "whole", value: 5, required: true, min: 0 },
  { name: "weights_path", value: "", width: "wide" },
];

/** One field: its label, its input and its error. */
class Field {
  constructor(spec) {
    this.spec = spec;
    const id = `field-${spec.name}`;
    this.label = make("label", { for: id });
    this.problem = make("p", { class: "problem", id: `${id}-problem` });
    this.input = spec.kind === "choice" ? make("select", { id, name: spec.name }) : make("input", {
      id, name: spec.name, autocomplete: "off", spellcheck: "false", required: spec.required,
      type: spec.kind ? "number" : "text", step: spec.kind === "whole" ? 1 : spec.kind && "any", value: spec.value,
      min: spec.min, list: spec.suggests && `${id}-list`,
    });
    this.input.setAttribute("aria-describedby", this.problem.id);
    this.input.addEventListener("input", () => this.complain(""));
    this.list = spec.suggests ? make("datalist", { id: `${id}-list` }) : this.input;
    this.node = make("div", { class: `field ${spec.width ?? ""}` }, this.label, this.input, this.problem);
    if (spec.suggests) this.node.append(this.list);
  }

  translate() {
    write(this.label, t(this.spec.name));
  }

  /** Set the greatest value that the server allows. */
  bound(most) {
    if (this.input.type === "number" && most !== undefined) this.input.max = most;
  }

  /** Offer these choices. */
  offer(choices) {
    this.list.replaceChildren(...choices.map((choice) => make("option", { value: choice }, choice)));
  }

  set(value) {
    this.input.value = value ?? "";
    if (this.spec.kind === "choice" && this.input.selectedIndex < 0) this.input.selectedIndex = 0;
  }

  /** The value to send; undefined for an empty field. */
  get value() {
    const text = this.input.value.trim();
    if (text === "") return undefined;
    return this.spec.kind === "whole" || this.spec.kind === "number" ? Number(text) : text;
  }

  /** The browser's validation error in the language of the page, or "". */
  check() {
    const { validity, min, max } = this.input;
    if (validity.badInput) return t("wants_number");
    if (validity.valueMissing || (this.spec.required && this.value === undefined)) return t("needed");
    if (validity.rangeUnderflow) return t("at_least", { limit: min });
    if (validity.rangeOverflow) return t("at_most", { limit: max });
    return validity.stepMismatch && this.spec.kind === "whole" ? t("wants_whole") : "";
  }

  complain(text) {
    write(this.problem, text);
    if (text) this.input.setAttribute("aria-invalid", "true");
    else this.input.removeAttribute("aria-invalid");
  }
}

/** The dialog with the form. Calls `started(task)` for the task that it starts. */
export class Form {
  constructor(started) {
    this.started = started;
    this.dialog = byId("form-dialog");
    this.fields = new Map(FIELDS.map((spec) => [spec.name, new Field(spec)]));
    byId("fields").replaceChildren(...[...this.fields.values()].map((field) => field.node));
    closable(this.dialog);
    byId("form").addEventListener("submit", (event) => (event.preventDefault(), this.#submit()));
  }

  translate() {
    for (const field of this.fields.values()) field.translate();
    write(byId("submit"), t("start"));
    if (this.offered?.roots?.length) write(byId("roots"), t("roots", { roots: this.offered.roots.join(", ") }));
  }

  /** Open with the values of a request, or of the last one from this browser. */
  async open(request = remembered()) {
    this.translate();
    this.#complain("");
    for (const field of this.fields.values()) {
      field.complain("");
      field.set(request[field.spec.name] ?? field.spec.value);
    }
    this.dialog.showModal();
    this.#focus(this.fields.get("model"));
    try {
      this.offered = await server.trainers();
      this.#offer(request);
    } catch (problem) {
      if (!server.isAnswer(problem)) throw problem;
      this.#complain(problem.message);
    }
  }

  #offer(request) {
    const { items = [], devices = [], limits = {} } = this.offered;
    this.fields.get("trainer").offer(items);
    this.fields.get("trainer").set(request.trainer);
    const device = this.fields.get("device");
    device.offer(devices);
    if (!request.device && device.value === "cpu") device.set(devices.find((name) => name !== "cpu") ?? "cpu");
    for (const [name, field] of this.fields) field.bound(limits[name]);
    this.translate();
  }

  #focus(field) {
    field.input.focus();
    field.input.select?.();
  }

  #complain(text) {
    write(byId("form-problem"), text);
    show(byId("form-problem"), Boolean(text));
  }

  async #submit() {
    const wrong = [...this.fields.values()].filter((field) => (field.complain(field.check()), field.problem.textContent));
    if (wrong.length) return this.#focus(wrong[0]);
    const request = Object.fromEntries([...this.fields].map(([name, field]) => [name, field.value]).filter(([, value]) => value !== undefined));
    const button = byId("submit");
    button.disabled = true;
    write(button, t("starting"));
    try {
      const task = await server.start(request);
      keep(KEPT, JSON.stringify(request));
      this.dialog.close();
      this.started(task);
    } catch (problem) {
      this.#refused(problem);
    } finally {
      button.disabled = false;
      write(button, t("start"));
    }
  }

  /** Show the server's errors beside the fields that they name, and the others on top. */
  #refused(problem) {
    if (!server.isAnswer(problem)) throw problem;
    if (problem instanceof server.Unreachable) return this.#complain(t("unreachable"));
    const rest = [];
    let first = null;
    for (const { location = "", detail } of problem.errors ?? []) {
      const name = location.split(".").at(-1); // "body.num_epochs"
      const field = this.fields.get(name);
      if (!field) rest.push(name ? `${known(name) ? t(name) : name}: ${detail}` : detail);
      else (field.complain(detail), (first ??= field));
    }
    if (!first && !rest.length) rest.push(problem.message);
    this.#complain(rest.join("\n"));
    if (first) this.#focus(first);
  }
}

function remembered() {
  try {
    return JSON.parse(kept(KEPT)) ?? {};
  } catch {
    return {};
  }
}
