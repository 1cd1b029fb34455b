/** A finished answer: what a reader wants first, the sentences with their sources, and what can be done with it. */

import { Citations } from "./citation-view.js";
import { ANSWER_LANGUAGE } from "./contracts.js";
import { copyButton } from "./copy.js";
import { h, link } from "./dom.js";
import { feedback } from "./feedback-view.js";
import { pageAddress } from "./links.js";
import { paragraphs, partsOf } from "./marked-text.js";

/** @import {Answer, Citation} from "./contracts.js" */
/** @import {Context} from "./context.js" */

/**
 * Show an answer.
 * @param {Answer} answer
 * @param {Context} context
 * @returns {Node[]}
 */
export function answerView(answer, context) {
  const citations = new Citations(answer.citations, context);
  const { strings } = context;
  return [
    h("div", { class: "said", lang: ANSWER_LANGUAGE }, ...heading(answer, context), ...body(answer, citations)),
    ...sources(answer.citations, context),
    ...(answer.mode === "llm" ? [h("p", { class: "quiet" }, strings.of("worded"))] : []),
    h("div", { class: "actions" }, copyButton(answer, context), feedback(answer, context)),
  ];
}

/**
 * @param {Answer} answer
 * @param {Context} context
 */
function heading(answer, { strings }) {
  const rests = answer.citations.length > 0 && answer.citations.every((citation) => citation.note);
  const short = answer.short_answer && h("p", { class: "short", part: "short-answer" }, answer.short_answer);
  const complete =
    answer.complete &&
    answer.items.length > 1 &&
    h("p", { class: "complete", lang: strings.language }, strings.of("complete", answer.complete));
  const label = rests && !answer.answer.startsWith("Editor") ? strings.of("note") : "";
  return [
    ...(label ? [h("p", { class: "label", lang: strings.language }, label)] : []),
    ...(answer.short_answer || complete ? [h("div", { class: "head", dir: "auto" }, short, complete)] : []),
  ];
}

/**
 * A list as a list; its sentence says the same once more, and is shown only where it rests on more than the items do.
 * @param {Answer} answer
 * @param {Citations} citations
 * @returns {Node[]}
 */
function body(answer, citations) {
  const mark = (/** @type {number} */ n) => citations.mark(n);
  const listed = new Set(answer.items.flatMap((item) => item.citations));
  const cited = partsOf(answer.answer, citations.known).filter((part) => typeof part === "number");
  const text = cited.length > 0 && cited.every((n) => listed.has(n)) ? "" : withoutRepeating(answer);
  const items = answer.items.map((item) =>
    h("li", {}, item.text, ...item.citations.filter(citations.known).map((n) => citations.mark(n))),
  );
  return [
    ...(text ? paragraphs(text, citations.known, mark) : []),
    ...(items.length ? [h("ul", { class: "items", dir: "auto" }, ...items)] : []),
  ];
}

/**
 * The text, without the short answer that stands above it already: "Yes. The … [1]".
 * @param {Answer} answer
 */
function withoutRepeating({ answer, short_answer: short }) {
  return short && answer.startsWith(`${short}. `) ? answer.slice(short.length + 2) : answer;
}

/**
 * The documents that were cited, each with a link to the first place in it.
 * @param {Citation[]} citations
 * @param {Context} context
 */
function sources(citations, { strings, endpoint }) {
  const first = new Map(citations.toReversed().map((citation) => [citation.document_id, citation]));
  const links = [...first.values()].reverse().flatMap((citation) => {
    const address = pageAddress(endpoint, citation.view_url);
    return address ? [h("li", { lang: ANSWER_LANGUAGE, dir: "auto" }, link(address, citation.title, strings.of("newTab")))] : [];
  });
  return links.length ? [h("div", { class: "sources" }, h("span", {}, strings.of("from")), h("ul", {}, ...links))] : [];
}
