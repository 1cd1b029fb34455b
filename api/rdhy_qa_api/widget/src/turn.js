/** One question with what came of it: a wait, an answer that grows, the finished answer, or a failure. */

import { abstentionView } from "./abstention-view.js";
import { answerView } from "./answer-view.js";
import { ANSWER_LANGUAGE } from "./contracts.js";
import { h } from "./dom.js";
import { explanation, failureView } from "./failure-view.js";
import { paragraphs, wordsOf } from "./marked-text.js";

/** @import {Answer} from "./contracts.js" */
/** @import {Context} from "./context.js" */
/** @typedef {"retrieving" | "reading" | "writing"} Stage */

/** A wait as short as most is shown, and not said. */
const SAID_AFTER_MS = 2_000;

/** Shows one exchange of a conversation. */
export class Turn {
  #context;
  #heading;
  #answer = h("div", { class: "answer", part: "answer" });
  #draft = new Draft();
  /** @type {Stage} */
  #stage = "retrieving";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {string} question
   * @param {Context} context
   */
  constructor(question, context) {
    this.question = question;
    this.#context = context;
    const you = h("span", { class: "unseen" }, `${context.strings.of("you")} `);
    const said = h("span", { dir: "auto" }, question);
    this.#heading = h("h3", { class: "question", part: "question", tabindex: -1 }, you, said);
    this.element = h("article", { class: "turn" }, this.#heading, this.#answer);
  }

  /** Move the focus here, where the element that had it is gone or out of sight. */
  focus() {
    this.#heading.focus({ preventScroll: true });
  }

  /** The question was sent. */
  wait() {
    this.#draft = new Draft();
    this.#stage = "retrieving";
    this.#answer.setAttribute("aria-busy", "true");
    this.#show("waiting", [h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i"))]);
    this.#timer = setTimeout(() => this.#sayStage(), SAID_AFTER_MS);
  }

  /**
   * Something came before the answer.
   * @param {string} type
   * @param {any} value
   */
  progress(type, value) {
    if (type === "status") {
      this.#stage = value.stage;
      this.#draft.restart();
    } else if (type === "sentence") {
      this.#draft.add(value.text, value.citations);
      this.#show("draft", this.#draft.view());
    }
  }

  /**
   * Show the answer; what was shown before it does not count.
   * @param {Answer} answer
   */
  show(answer) {
    const { strings } = this.#context;
    const view = answer.answered ? answerView(answer, this.#context) : abstentionView(answer, this.#context);
    const understood = answer.interpreted_as && strings.of("understood", { question: answer.interpreted_as });
    this.#finish(answer.answered ? "answered" : "abstained", [
      ...(understood ? [h("p", { class: "quiet" }, understood)] : []),
      ...view,
    ]);
  }

  /**
   * There is no answer yet.
   * @param {unknown} error
   * @param {boolean} stopped
   * @param {() => void} retry
   * @returns {string} what is said of it
   */
  fail(error, stopped, retry) {
    const { strings } = this.#context;
    const text = explanation(error, stopped, strings);
    this.#finish("failure", failureView(text, stopped ? null : error, strings, retry));
    return text;
  }

  #sayStage() {
    const { strings, announce } = this.#context;
    const text = strings.of(this.#stage);
    this.#answer.append(h("span", { class: "stage" }, text));
    announce(text);
  }

  /**
   * @param {string} state
   * @param {Node[]} view
   */
  #finish(state, view) {
    this.#show(state, view);
    this.#answer.removeAttribute("aria-busy");
  }

  /**
   * @param {string} state
   * @param {Node[]} view
   */
  #show(state, view) {
    clearTimeout(this.#timer);
    this.#answer.className = `answer ${state}`;
    this.#answer.replaceChildren(...view);
  }
}

/** The sentences that have come so far. Their marks open nothing: an answer may still be taken back. */
class Draft {
  #text = "";
  /** @type {Set<number>} */
  #cited = new Set();
  #replaced = false;

  /** What comes next takes the place of what there is. */
  restart() {
    this.#replaced = true;
  }

  /**
   * @param {string} text
   * @param {number[]} citations
   */
  add(text, citations) {
    this.#text = this.#replaced ? text : this.#text + text;
    this.#replaced = false;
    for (const n of citations) this.#cited.add(n);
  }

  view() {
    const mark = (/** @type {number} */ n) => h("span", { class: "mark" }, String(n));
    return [h("div", { class: "said", lang: ANSWER_LANGUAGE }, ...paragraphs(this.#text, (n) => this.#cited.has(n), mark))];
  }
}

/**
 * What screen readers say of a finished answer.
 * @param {Answer} answer
 * @param {Context["strings"]} strings
 */
export function spoken(answer, strings) {
  const words = wordsOf(answer.answer, (n) => answer.citations.some((citation) => citation.n === n));
  if (!answer.answered) return `${strings.of("abstained")}. ${words}`;
  const complete = answer.complete && answer.items.length > 1 ? [strings.of("complete", answer.complete)] : [];
  return [words, ...complete, strings.count("sources", answer.citations.length)].join(" · ");
}
