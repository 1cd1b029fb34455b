/** Thumbs up or down, and a comment for who wants to say more. */

import { cleaned, MAX_COMMENT } from "./contracts.js";
import { h, newId } from "./dom.js";
import { icon } from "./icons.js";

/** @import {Answer, Verdict} from "./contracts.js" */
/** @import {Context} from "./context.js" */

/** @type {Verdict[]} */
const VERDICTS = ["up", "down"];

/**
 * Take a reader's verdict on an answer.
 * @param {Answer} answer
 * @param {Context} context
 */
export function feedback(answer, context) {
  return answer.answer_id ? new Feedback(answer.answer_id, context).element : null;
}

class Feedback {
  #answerId;
  #context;
  #thumbs;
  #more = h("div", { class: "more" });
  #said = h("p", { class: "quiet" });

  /**
   * @param {string} answerId
   * @param {Context} context
   */
  constructor(answerId, context) {
    this.#answerId = answerId;
    this.#context = context;
    const { strings } = context;
    this.#thumbs = VERDICTS.map((verdict) => this.#thumb(verdict));
    const attributes = { class: "thumbs", role: "group", "aria-label": strings.of("helpful") };
    this.element = h("div", { class: "feedback", part: "feedback" }, h("div", attributes, ...this.#thumbs), this.#more);
  }

  /** @param {Verdict} verdict */
  #thumb(verdict) {
    const label = this.#context.strings.of(verdict);
    const attributes = { type: "button", class: "thumb", title: label, "aria-label": label, "aria-pressed": "false" };
    return h("button", { ...attributes, click: () => this.#vote(verdict) }, icon(verdict));
  }

  /** @param {Verdict} verdict */
  async #vote(verdict) {
    const { strings } = this.#context;
    this.#press(verdict);
    if (!(await this.#send(verdict))) {
      this.#press(null);
      this.#more.replaceChildren();
      return this.#say(strings.of("notSent"), this.#more);
    }
    this.#more.replaceChildren();
    this.#say(strings.of("thanks"), this.#more);
    this.#more.append(this.#commentForm(verdict));
  }

  /** @param {Verdict | null} verdict */
  #press(verdict) {
    this.#thumbs.forEach((thumb, index) => thumb.setAttribute("aria-pressed", String(VERDICTS[index] === verdict)));
  }

  /** @param {Verdict} verdict */
  #commentForm(verdict) {
    const { strings } = this.#context;
    const [id, hint] = [newId(), newId()];
    const attributes = { id, rows: 2, maxlength: MAX_COMMENT, "aria-describedby": hint, dir: "auto", part: "comment" };
    const comment = h("textarea", attributes);
    const submit = async (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      const text = cleaned(comment.value);
      if (!text) return comment.focus();
      const sent = await this.#send(verdict, text);
      if (sent) this.#finish();
      else this.#say(strings.of("notSent"), form);
    };
    const form = h(
      "form",
      { class: "comment", submit },
      h("label", { for: id }, strings.of("comment")),
      comment,
      h("p", { id: hint, class: "quiet" }, strings.of("commentKept")),
      h("button", { class: "plain", type: "submit" }, strings.of("sendComment")),
    );
    return form;
  }

  /** The form goes, and what had the focus with it. */
  #finish() {
    this.#more.replaceChildren();
    this.#say(this.#context.strings.of("commentSent"), this.#more);
    this.#thumbs[0]?.focus();
  }

  /**
   * @param {Verdict} verdict
   * @param {string} [comment]
   */
  #send(verdict, comment) {
    return this.#context.client.feedback(this.#answerId, verdict, comment).then(
      () => true,
      () => false,
    );
  }

  /**
   * Say what came of it, at the end of an element.
   * @param {string} text
   * @param {HTMLElement} where
   */
  #say(text, where) {
    this.#said.textContent = text;
    where.append(this.#said);
    this.#context.announce(text);
  }
}
