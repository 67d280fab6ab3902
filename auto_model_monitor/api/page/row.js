/** One task in the list. */

import { make, write } from "./elements.js";
import { accuracy, ago } from "./figures.js";
import { counted } from "./progress.js";
import { t } from "./words.js";

/** A row; its element stays while its content changes. */
export class Row {
  constructor(id) {
    this.dot = make("span", { class: "dot" });
    this.model = make("span", { class: "row-model" });
    this.when = make("time", { class: "quiet" });
    this.words = make("span", { class: "row-words" });
    this.value = make("span", { class: "row-value" });
    this.bar = make("span", { class: "row-bar" });
    this.link = make("a", { href: `#${encodeURIComponent(id)}` },
      make("span", { class: "row-top" }, this.dot, this.model, this.when),
      make("span", { class: "row-low" }, this.words, this.value),
      make("span", { class: "row-track" }, this.bar));
    this.node = make("li", {}, this.link);
  }

  write(task) {
    this.node.dataset.state = task.status;
    write(this.model, task.model);
    write(this.when, ago(task.created_at));
    this.when.dateTime = task.created_at;
    const number = counted(task);
    const epoch = number ? `${number}/${task.total_epochs}` : "";
    write(this.words, [t(task.status), task.device, epoch].filter(Boolean).join(" · "));
    const { val_acc: value } = task.latest_metrics ?? {};
    write(this.value, value == null ? "" : accuracy(value));
    this.bar.style.width = `${task.progress}%`;
  }
}
