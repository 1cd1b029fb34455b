/** The service as the widget talks to it. */

import { asAnswer } from "./contracts.js";
import { readEvents } from "./sse.js";

/** @import {Answer, Suggestions, Turn, Verdict} from "./contracts.js" */

/** Heartbeats come every ten seconds; after so long a silence the connection is dead. */
const SILENCE_MS = 45_000;

/**
 * Why there is no answer. `network`: the service can't be reached; `limited`: too many questions were asked; `busy`: it
 * can't answer now; `rejected`: it does not take this question; `failed`: the fault is its own.
 * @typedef {"network" | "limited" | "busy" | "rejected" | "failed"} FailureKind
 */

/** A question that got no answer. */
export class Failure extends Error {
  /**
   * @param {FailureKind} kind
   * @param {{detail?: string, seconds?: number | null, reference?: string}} [more] what the service says, when to try
   *     again, and the request's id
   */
  constructor(kind, { detail = "", seconds = null, reference = "" } = {}) {
    super(detail || kind);
    this.kind = kind;
    this.detail = detail;
    this.seconds = seconds;
    this.reference = reference;
  }
}

/** Asks, votes and fetches suggestions. No cookie is sent, and no key. */
export class Client {
  #base;
  #streams = true;

  /** @param {string} endpoint address of the service, without a slash at its end */
  constructor(endpoint) {
    this.#base = endpoint;
  }

  /**
   * Ask a question. Where the stream does not get through, the answer is fetched in one piece.
   * @param {string} question
   * @param {Turn[]} history
   * @param {AbortSignal} signal
   * @param {(type: string, data: any) => void} onEvent called with each event before the last
   * @returns {Promise<Answer>}
   * @throws {Failure}
   */
  async ask(question, history, signal, onEvent) {
    const body = { question, history };
    const answer = (this.#streams && (await this.#streamed(body, signal, onEvent))) || (await this.#whole(body, signal));
    if (!answer) throw new Failure("failed");
    return answer;
  }

  /**
   * Send what a reader says of an answer.
   * @param {string} answerId
   * @param {Verdict} verdict
   * @param {string} [comment]
   * @returns {Promise<void>}
   * @throws {Failure}
   */
  async feedback(answerId, verdict, comment) {
    await this.#send("/v1/feedback", { answer_id: answerId, verdict, comment });
  }

  /**
   * Questions to begin with, and what the answers come from.
   * @returns {Promise<Suggestions>}
   * @throws {Failure}
   */
  async suggestions() {
    const response = await this.#fetch("/v1/suggestions", {});
    const found = /** @type {Partial<Suggestions>} */ (await response.json().catch(() => ({})));
    return { questions: found.questions ?? [], documents: found.documents ?? [] };
  }

  /**
   * @param {object} body
   * @param {AbortSignal} signal
   * @param {(type: string, data: any) => void} onEvent
   * @returns {Promise<Answer | null>} null where the stream broke off
   */
  async #streamed(body, signal, onEvent) {
    const silence = new Silence(signal);
    try {
      const response = await this.#send("/v1/ask", body, silence.signal, "text/event-stream, application/json;q=0.9");
      if (!isEventStream(response)) return asAnswer(await response.json());
      for await (const { type, data } of readEvents(/** @type {any} */ (response.body), () => silence.broken())) {
        if (type === "done") return asAnswer(JSON.parse(data).answer);
        if (type === "error") throw failureOf(JSON.parse(data), null);
        onEvent(type, JSON.parse(data));
      }
    } catch (error) {
      if (error instanceof Failure || signal.aborted) throw error;
    } finally {
      silence.end();
    }
    this.#streams = false;
    return null;
  }

  /**
   * @param {object} body
   * @param {AbortSignal} signal
   */
  async #whole(body, signal) {
    const response = await this.#send("/v1/ask", body, signal, "application/json");
    try {
      return asAnswer(await response.json());
    } catch (error) {
      if (signal.aborted) throw error;
      throw new Failure(error instanceof SyntaxError ? "failed" : "network");
    }
  }

  /**
   * @param {string} path
   * @param {object} body
   * @param {AbortSignal} [signal]
   * @param {string} [accept]
   */
  #send(path, body, signal, accept = "application/json") {
    const headers = { "Content-Type": "application/json", Accept: accept };
    return this.#fetch(path, { method: "POST", headers, body: JSON.stringify(body), signal: signal ?? null });
  }

  /**
   * @param {string} path
   * @param {RequestInit} options
   */
  async #fetch(path, options) {
    let response;
    try {
      response = await fetch(this.#base + path, { credentials: "omit", ...options });
    } catch (error) {
      if (options.signal?.aborted) throw error;
      throw new Failure("network");
    }
    if (response.ok) return response;
    const problem = await response.json().catch(() => ({}));
    throw failureOf({ ...problem, status: response.status }, response.headers.get("Retry-After"));
  }
}

/** Ends a request when nothing has come for too long, or when the reader stops it. */
class Silence {
  #controller = new AbortController();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {AbortSignal} stopped */
  constructor(stopped) {
    const { signal } = this.#controller;
    stopped.addEventListener("abort", () => this.#controller.abort(), { signal });
    this.broken();
  }

  get signal() {
    return this.#controller.signal;
  }

  /** Something came: wait anew. */
  broken() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#controller.abort(), SILENCE_MS);
  }

  /** Stop watching. */
  end() {
    clearTimeout(this.#timer);
  }
}

/** @param {Response} response */
function isEventStream(response) {
  return !!response.body && !!response.headers.get("Content-Type")?.startsWith("text/event-stream");
}

/**
 * @param {{status?: number, detail?: string, request_id?: string}} problem
 * @param {string | null} retryAfter
 */
function failureOf(problem, retryAfter) {
  const { status = 500, detail = "", request_id: reference = "" } = problem;
  return new Failure(kindOf(status), { detail, reference, seconds: secondsUntil(retryAfter) });
}

/**
 * @param {number} status
 * @returns {FailureKind}
 */
function kindOf(status) {
  if (status === 429) return "limited";
  if (status === 502 || status === 503 || status === 504) return "busy";
  return status < 500 ? "rejected" : "failed";
}

/**
 * Seconds that a `Retry-After` asks to wait: it holds a number or, from some proxies, a date.
 * @param {string | null} value
 */
function secondsUntil(value) {
  if (!value) return null;
  const seconds = /^\d+$/.test(value) ? Number(value) : Math.ceil((Date.parse(value) - Date.now()) / 1000);
  return seconds > 0 ? seconds : null;
}
