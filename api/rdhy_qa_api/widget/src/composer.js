/** Where a question is written and sent, and an answer stopped. */

import { cleaned, lengthOf, MAX_QUESTION } from "./contracts.js";
import { h, newId } from "./dom.js";
import { icon } from "./icons.js";

/** @import {Strings} from "./strings.js" */

/** The length is shown from here on. */
const NEAR_LIMIT = MAX_QUESTION - 200;

/** The field for a question, with its button. */
export class Composer {
  #strings;
  #actions;
  #busy = false;
  #field;
  #counter;
  #button = h("button", { type: "submit", class: "send", part: "send" });

  /**
   * @param {Strings} strings
   * @param {{ask: (question: string) => void, stop: () => void, announce: (text: string) => void}} actions
   */
  constructor(strings, actions) {
    this.#strings = strings;
    this.#actions = actions;
    const [field, counter] = [newId(), newId()];
    const placeholder = strings.of("placeholder");
    const attributes = { id: field, rows: 1, placeholder, autocomplete: "off", enterkeyhint: "send", part: "input" };
    this.#field = h("textarea", { ...attributes, "aria-describedby": counter, dir: "auto" });
    this.#counter = h("p", { id: counter, class: "counter" });
    this.element = h(
      "form",
      { class: "composer", part: "composer" },
      h("label", { for: field, class: "unseen" }, strings.of("input")),
      h("div", { class: "field" }, this.#field, this.#button),
      this.#counter,
    );
    this.#listen();
    this.busy = false;
  }

  /** Whether an answer is under way: then the button stops it. */
  set busy(/** @type {boolean} */ busy) {
    this.#busy = busy;
    const label = this.#strings.of(busy ? "stop" : "send");
    this.#button.replaceChildren(icon(busy ? "stop" : "send"));
    this.#button.setAttribute("aria-label", label);
    this.#button.title = label;
  }

  /** Move the focus into the field. */
  focus() {
    this.#field.focus();
  }

  #listen() {
    this.#field.addEventListener("input", () => this.#measure());
    this.#field.addEventListener("keydown", (event) => {
      // While an input method composes a word, the key belongs to that.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.element.requestSubmit();
    });
    this.#button.addEventListener("click", (event) => {
      // The second press of a double click would stop what the first one sent.
      if (event.detail > 1) event.preventDefault();
    });
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!this.#busy) this.#send();
      else if (event.submitter) this.#actions.stop();
    });
  }

  #send() {
    const question = cleaned(this.#field.value);
    if (lengthOf(question) > MAX_QUESTION) this.#actions.announce(this.#counter.textContent ?? "");
    if (!question || lengthOf(question) > MAX_QUESTION) return this.focus();
    this.#field.value = "";
    this.#measure();
    this.#actions.ask(question);
  }

  #measure() {
    const n = lengthOf(cleaned(this.#field.value));
    const tooLong = n > MAX_QUESTION;
    const said = this.#strings.of("length", { n, max: MAX_QUESTION });
    const why = this.#strings.of("tooLong", { max: MAX_QUESTION });
    this.#counter.textContent = n < NEAR_LIMIT ? "" : tooLong ? `${why} ${said}` : said;
    this.#counter.classList.toggle("wrong", tooLong);
    this.#field.toggleAttribute("aria-invalid", tooLong);
    if (tooLong) this.#field.setAttribute("aria-invalid", "true");
  }
}
