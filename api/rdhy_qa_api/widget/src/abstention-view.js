/** No answer: said plainly, with what comes close and what can be asked instead. */

import { ANSWER_LANGUAGE } from "./contracts.js";
import { h, link } from "./dom.js";
import { feedback } from "./feedback-view.js";
import { pageAddress } from "./links.js";
import { coverage, questionButtons } from "./welcome-view.js";

/** @import {Answer, Related} from "./contracts.js" */
/** @import {Context} from "./context.js" */

const SHOWN_CHARACTERS = 160;

/**
 * Show that there is no answer.
 * @param {Answer} answer
 * @param {Context} context
 * @returns {Node[]}
 */
export function abstentionView(answer, context) {
  const { strings } = context;
  const instead = h("div", { class: "instead" });
  context.suggestions().then(({ questions, documents }) => {
    const others = questions.filter((question) => question !== answer.question).slice(0, 3);
    instead.append(...questionButtons(others, context), ...coverage(documents, context));
  });
  return [
    h("p", { class: "label" }, strings.of("abstained")),
    h("p", { class: "text", lang: ANSWER_LANGUAGE, dir: "auto" }, answer.answer),
    ...(answer.reason === "out_of_scope" ? [] : [h("p", { class: "quiet" }, strings.of("advice"))]),
    ...related(answer.related, context),
    instead,
    h("div", { class: "actions" }, feedback(answer, context)),
  ];
}

/**
 * @param {Related[]} passages
 * @param {Context} context
 */
function related(passages, { strings, endpoint }) {
  const items = passages.flatMap((passage) => {
    const address = pageAddress(endpoint, passage.view_url);
    const heading = passage.section.at(-1) ?? "";
    const text = passage.text.startsWith(heading) ? passage.text.slice(heading.length) : passage.text;
    const shown = [heading && h("p", { class: "where" }, passage.title), h("p", {}, shortened(text))];
    return address ? [h("li", {}, link(address, heading || passage.title, strings.of("newTab")), ...shown)] : [];
  });
  if (!items.length) return [];
  return [
    h("p", { class: "lead" }, strings.of("related")),
    h("ul", { class: "related", part: "related", lang: ANSWER_LANGUAGE, dir: "auto" }, ...items),
  ];
}

/** @param {string} text */
function shortened(text) {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length <= SHOWN_CHARACTERS ? line : `${line.slice(0, line.lastIndexOf(" ", SHOWN_CHARACTERS))} …`;
}
