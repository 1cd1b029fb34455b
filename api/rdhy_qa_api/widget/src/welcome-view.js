/** What a reader sees first: questions to begin with, and what the answers come from. */

import { ANSWER_LANGUAGE } from "./contracts.js";
import { h, link } from "./dom.js";
import { pageAddress } from "./links.js";

/** @import {Covered} from "./contracts.js" */
/** @import {Context} from "./context.js" */

/**
 * The opening of a conversation. Questions appear in it once the service has named some.
 * @param {Context} context
 */
export function welcomeView(context) {
  const view = h("div", { class: "welcome", part: "welcome" }, h("p", {}, context.strings.of("intro")));
  context.suggestions().then(({ questions, documents }) => {
    view.append(...questionButtons(questions, context), ...coverage(documents, context));
  });
  return view;
}

/**
 * Questions that can be asked with one press.
 * @param {string[]} questions
 * @param {Context} context
 * @returns {Node[]}
 */
export function questionButtons(questions, { strings, ask }) {
  if (!questions.length) return [];
  const buttons = questions.map((question) =>
    h("li", {}, h("button", { type: "button", class: "suggestion", part: "suggestion", click: () => ask(question) }, question)),
  );
  return [
    h("p", { class: "lead" }, strings.of("youCouldAsk")),
    h("ul", { class: "suggestions", lang: ANSWER_LANGUAGE, dir: "auto" }, ...buttons),
  ];
}

/**
 * The documents that answers come from, folded away.
 * @param {Covered[]} documents
 * @param {Context} context
 * @returns {Node[]}
 */
export function coverage(documents, { strings, endpoint }) {
  const links = documents.flatMap(({ title, view_url: path }) => {
    const address = pageAddress(endpoint, path);
    return address ? [h("li", {}, link(address, title, strings.of("newTab")))] : [];
  });
  if (!links.length) return [];
  return [
    h(
      "details",
      { class: "coverage" },
      h("summary", {}, strings.count("covered", links.length)),
      h("ul", { lang: ANSWER_LANGUAGE, dir: "auto" }, ...links),
    ),
  ];
}
