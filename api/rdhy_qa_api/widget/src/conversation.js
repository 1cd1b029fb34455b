/** The questions of a conversation, one at a time, and what came of each. */

import { h } from "./dom.js";
import { spoken, Turn } from "./turn.js";

/** @import {Context} from "./context.js" */
/** @import {History} from "./history.js" */

/** Asks, stops, tries again, and remembers. */
export class Conversation {
  #context;
  #history;
  #onBusy;
  #onChange;
  /** @type {AbortController | null} */
  #running = null;

  /**
   * @param {Context} context
   * @param {History} history
   * @param {(busy: boolean) => void} onBusy called when a question is sent, and when it is done with
   * @param {() => void} onChange called when there is more or less to see
   */
  constructor(context, history, onBusy, onChange) {
    this.#context = context;
    this.#history = history;
    this.#onBusy = onBusy;
    this.#onChange = onChange;
    this.element = h("div", { class: "turns" });
  }

  /** Show again what was said in this tab before. */
  restore() {
    for (const { question, answer } of this.#history.exchanges) this.#add(question).show(answer);
  }

  /** Whether a question is under way. */
  get busy() {
    return this.#running !== null;
  }

  /**
   * Ask a question; while another one is under way, nothing happens.
   * @param {string} question
   * @returns {Turn | null}
   */
  ask(question) {
    if (this.busy) return null;
    const turn = this.#add(question);
    this.#run(turn);
    return turn;
  }

  /** Give up the question that is under way. */
  stop() {
    this.#running?.abort();
  }

  /** Forget all that was said. */
  clear() {
    this.stop();
    this.#history.clear();
    this.element.replaceChildren();
    this.#onChange();
  }

  /** @param {string} question */
  #add(question) {
    const turn = new Turn(question, this.#context);
    this.element.append(turn.element);
    this.#onChange();
    return turn;
  }

  /** @param {Turn} turn */
  async #run(turn) {
    const { client, announce, strings } = this.#context;
    const running = (this.#running = new AbortController());
    this.#onBusy(true);
    turn.wait();
    try {
      const progress = turn.progress.bind(turn);
      const answer = await client.ask(turn.question, this.#history.turns(), running.signal, progress);
      running.signal.throwIfAborted();
      turn.show(answer);
      this.#history.add(turn.question, answer);
      announce(spoken(answer, strings));
    } catch (error) {
      const stopped = running.signal.aborted;
      if (turn.element.isConnected) announce(turn.fail(error, stopped, () => this.#again(turn)));
    } finally {
      this.#running = null;
      this.#onBusy(false);
    }
  }

  /** @param {Turn} turn */
  #again(turn) {
    if (this.busy) return;
    turn.focus();
    this.#run(turn);
  }
}
