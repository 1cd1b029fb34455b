/** What was said in this tab: shown again on the next page, sent along with follow-ups, and forgotten with the tab. */

import { asAnswer } from "./contracts.js";

/** @import {Answer, Turn} from "./contracts.js" */
/** @typedef {{question: string, answer: Answer}} Exchange */

const KEPT = 30;
const SENT = 10;
/** A body may have 64 KiB, and a character of any script takes up to three bytes. */
const SENT_CHARACTERS = 12_000;

/** The exchanges of one tab with one service. */
export class History {
  /** @type {Exchange[]} */
  #exchanges;
  #key;

  /** @param {string} endpoint */
  constructor(endpoint) {
    this.#key = `rdhy-chat ${endpoint}`;
    this.#exchanges = load(this.#key);
  }

  /** All exchanges, oldest first. */
  get exchanges() {
    return [...this.#exchanges];
  }

  /**
   * Keep an exchange.
   * @param {string} question
   * @param {Answer} answer
   */
  add(question, answer) {
    this.#exchanges = [...this.#exchanges, { question, answer }].slice(-KEPT);
    save(this.#key, this.#exchanges);
  }

  /** Forget all of them. */
  clear() {
    this.#exchanges = [];
    save(this.#key, []);
  }

  /**
   * The latest of them as the service takes them.
   * @returns {Turn[]}
   */
  turns() {
    /** @type {Turn[]} */
    const turns = [];
    let left = SENT_CHARACTERS;
    for (const { question, answer } of this.#exchanges.slice(-SENT).reverse()) {
      left -= question.length + answer.answer.length;
      if (left < 0) break;
      turns.unshift({ role: "user", content: question }, { role: "assistant", content: answer.answer });
    }
    return turns;
  }
}

/**
 * @param {string} key
 * @returns {Exchange[]}
 */
function load(key) {
  try {
    const found = JSON.parse(sessionStorage.getItem(key) ?? "[]");
    return found.flatMap((/** @type {any} */ one) => {
      const answer = asAnswer(one.answer);
      return answer ? [{ question: String(one.question), answer }] : [];
    });
  } catch {
    return []; // storage is off, or holds what is not ours
  }
}

/**
 * @param {string} key
 * @param {Exchange[]} exchanges
 */
function save(key, exchanges) {
  try {
    if (exchanges.length) sessionStorage.setItem(key, JSON.stringify(exchanges));
    else sessionStorage.removeItem(key);
  } catch {
    // Storage is off or full: the page in view still has it all.
  }
}
