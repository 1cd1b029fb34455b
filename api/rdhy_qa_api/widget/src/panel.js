/** The panel: a heading, the conversation, and the field for the next question. */

import { Composer } from "./composer.js";
import { Conversation } from "./conversation.js";
import { h, newId } from "./dom.js";
import { icon } from "./icons.js";
import { welcomeView } from "./welcome-view.js";

/** @import {Client} from "./client.js" */
/** @import {Suggestions} from "./contracts.js" */
/** @import {Context} from "./context.js" */
/** @import {History} from "./history.js" */
/** @import {Strings} from "./strings.js" */

/** All that a reader sees of the widget, besides the launcher. */
export class Panel {
  /** Names the panel. */
  titleId = newId();
  #announcer = h("div", { class: "unseen", role: "status", "aria-live": "polite" });
  #clear;
  #log;
  #conversation;
  #composer;
  #context;
  #client;
  /** @type {Promise<Suggestions> | undefined} */
  #suggestions;

  /**
   * @param {{strings: Strings, client: Client, endpoint: string, history: History}} given
   * @param {(() => void) | null} close what closes the panel; null where it is always open
   */
  constructor({ strings, client, endpoint, history }, close) {
    this.#client = client;
    const announce = (/** @type {string} */ text) => this.#announcer.replaceChildren(h("p", {}, text));
    const ask = (/** @type {string} */ question) => this.ask(question);
    /** @type {Context} */
    this.#context = { strings, client, endpoint, ask, announce, suggestions: () => this.#suggest() };
    this.#conversation = new Conversation(
      this.#context,
      history,
      (busy) => (this.#composer.busy = busy),
      () => (this.#clear.hidden = !this.#conversation.element.hasChildNodes()),
    );
    this.#clear = iconButton("restart", strings.of("clear"), () => this.#startAnew());
    this.#clear.hidden = true;
    this.#composer = new Composer(strings, {
      ask: (question) => this.#follow(this.#conversation.ask(question)),
      stop: () => this.#conversation.stop(),
      announce,
    });
    const attributes = { class: "log", part: "log", role: "region", "aria-label": strings.of("conversation"), tabindex: 0 };
    this.#log = h("div", attributes);
    /** @type {Node[]} */
    this.children = [this.#header(close), this.#log, this.#composer.element, this.#announcer];
  }

  /** The panel comes into view. Only the first time is the service asked for anything. */
  begin() {
    if (this.#log.hasChildNodes()) return;
    this.#log.append(welcomeView(this.#context), this.#conversation.element);
    this.#conversation.restore();
    this.#log.scrollTop = this.#log.scrollHeight;
  }

  /**
   * Ask a question that was not typed; the focus goes with it.
   * @param {string} question
   */
  ask(question) {
    const turn = this.#conversation.ask(question);
    this.#follow(turn);
    turn?.focus();
  }

  /** Move the focus to the field, but where that brings up a keyboard that hides the panel. */
  focus() {
    if (matchMedia("(pointer: coarse)").matches) this.#log.focus();
    else this.#composer.focus();
  }

  /** Give up what is under way. */
  end() {
    this.#conversation.stop();
  }

  /** @param {(() => void) | null} close */
  #header(close) {
    const { strings } = this.#context;
    return h(
      "header",
      { part: "header" },
      h("h2", { id: this.titleId }, strings.of("title")),
      this.#clear,
      close && iconButton("close", strings.of("close"), close),
    );
  }

  #startAnew() {
    this.#conversation.clear();
    this.#log.scrollTop = 0;
    this.focus();
  }

  /** Suggestions are asked for once, and do without where there are none. */
  #suggest() {
    this.#suggestions ??= this.#client.suggestions().catch(() => ({ questions: [], documents: [] }));
    return this.#suggestions;
  }

  /**
   * Bring a turn to the top of the view; its answer grows below it.
   * @param {import("./turn.js").Turn | null} turn
   */
  #follow(turn) {
    if (!turn) return;
    const smooth = matchMedia("(prefers-reduced-motion: no-preference)").matches;
    const behavior = smooth ? "smooth" : "instant";
    const top = turn.element.offsetTop;
    this.#log.scrollTo({ top, behavior });
    // Where little height is left, it is the panel that scrolls.
    this.#log.parentElement?.scrollTo({ top: this.#log.offsetTop + top, behavior });
  }
}

/**
 * @param {Parameters<typeof icon>[0]} drawing
 * @param {string} label
 * @param {() => void} click
 */
function iconButton(drawing, label, click) {
  return h("button", { type: "button", class: "tool", title: label, "aria-label": label, click }, icon(drawing));
}
