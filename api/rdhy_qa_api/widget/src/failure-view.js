/** What went wrong, in words, and a way to try again. */

import { Failure } from "./client.js";
import { ANSWER_LANGUAGE } from "./contracts.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";

/** @import {Context} from "./context.js" */

/**
 * Say why there is no answer.
 * @param {unknown} error what was thrown
 * @param {boolean} stopped by the reader
 * @param {Context["strings"]} strings
 */
export function explanation(error, stopped, strings) {
  if (stopped) return strings.of("stopped");
  const { kind, seconds } = asFailure(error);
  if (kind !== "limited" && kind !== "busy") return strings.of(kind);
  return `${strings.of(kind)} ${seconds ? strings.count("wait", seconds) : strings.of("waitSoon")}`;
}

/**
 * Show what is said, with what the service says of it and what to name when one reports it.
 * @param {string} text
 * @param {unknown} error
 * @param {Context["strings"]} strings
 * @param {() => void} retry
 * @returns {Node[]}
 */
export function failureView(text, error, strings, retry) {
  const { kind, detail, reference } = asFailure(error);
  const attributes = { type: "button", class: "plain", part: "retry", click: retry };
  return [
    h("p", { class: "text" }, text),
    ...(kind === "rejected" && detail ? [h("p", { class: "quiet", lang: ANSWER_LANGUAGE }, detail)] : []),
    ...(kind === "failed" && reference ? [h("p", { class: "quiet" }, strings.of("reference", { reference }))] : []),
    h("p", { class: "actions" }, h("button", attributes, icon("restart"), strings.of("retry"))),
  ];
}

/** @param {unknown} error */
function asFailure(error) {
  return error instanceof Failure ? error : new Failure("failed");
}
