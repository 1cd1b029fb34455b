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
  return answer.id ? new Feedback(answer.id, context).element : null;
}

class Feedback {
  #answerId;
  #context;
  #thumbs;
  #more = h("div", { class: "more" });

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
      return this.#say(strings.of("notSent"));
    }
    this.#say(strings.of("thanks"));
    this.#more.append(this.#commentForm(verdict));
  }

  /** @param {Verdict | null} verdict */
  #press(verdict) {
    this.#thumbs.forEach((thumb, index) => thumb.setAttribute("aria-pressed", String(VERDICTS[index] === verdict)));
  }

  /** @param {Verdict} verdict */
  #commentForm(verdict) {
    const { strings } = this.#context;
    const id = newId();
    const comment = h("textarea", { id, rows: 2, maxlength: MAX_COMMENT, part: "comment" });
    const submit = async (/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      const text = cleaned(comment.value);
      if (!text) return comment.focus();
      const sent = await this.#send(verdict, text);
      if (sent) this.#finish();
      else this.#context.announce(this.#note(form, strings.of("notSent")));
    };
    const form = h(
      "form",
      { class: "comment", submit },
      h("label", { for: id }, strings.of("comment")),
      comment,
      h("button", { class: "plain", type: "submit" }, strings.of("sendComment")),
    );
    return form;
  }

  /** The form goes, and what had the focus with it. */
  #finish() {
    this.#say(this.#context.strings.of("commentSent"));
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

  /** @param {string} text */
  #say(text) {
    this.#more.replaceChildren();
    this.#context.announce(this.#note(this.#more, text));
  }

  /**
   * @param {HTMLElement} where
   * @param {string} text
   */
  #note(where, text) {
    where.querySelector(".quiet")?.remove();
    where.append(h("p", { class: "quiet" }, text));
    return text;
  }
}
