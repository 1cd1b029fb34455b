/** An answer as plain text with its sources, for the clipboard. */

import { h } from "./dom.js";
import { icon } from "./icons.js";
import { pageAddress, webAddress } from "./links.js";

/** @import {Answer} from "./contracts.js" */
/** @import {Context} from "./context.js" */

/**
 * A button that copies an answer; none where the page may not write to the clipboard.
 * @param {Answer} answer
 * @param {Context} context
 */
export function copyButton(answer, context) {
  // Pages without TLS have no clipboard.
  if (!navigator.clipboard) return null;
  const { strings, announce } = context;
  const label = h("span", {}, strings.of("copy"));
  const drawing = h("span", { class: "drawing" }, icon("copy"));
  const copy = async () => {
    const copied = await navigator.clipboard.writeText(withSources(answer, context)).then(
      () => true,
      () => false,
    );
    label.textContent = strings.of(copied ? "copied" : "notSent");
    drawing.replaceChildren(icon(copied ? "done" : "copy"));
    announce(label.textContent);
  };
  return h("button", { type: "button", class: "action", part: "copy", click: copy }, drawing, label);
}

/**
 * @param {Answer} answer
 * @param {Context} context
 */
export function withSources(answer, { strings, endpoint }) {
  const sources = answer.citations.map((citation) => {
    const where = [citation.title, ...citation.section].join(" › ");
    const address = webAddress(citation.url) ?? pageAddress(endpoint, citation.view_url) ?? "";
    return `[${citation.n}] “${citation.quote}”\n    ${where}\n    ${address}`;
  });
  const cited = sources.length ? ["", `${strings.of("copySources")}:`, ...sources] : [];
  return [answer.question, "", answer.answer, ...cited, ""].join("\n");
}
