/** Citations: marks in the text, each of which opens the quotation that it stands for. */

import { h, link, newId } from "./dom.js";
import { icon } from "./icons.js";
import { pageAddress, webAddress } from "./links.js";
import { ANSWER_LANGUAGE } from "./contracts.js";

/** @import {Citation} from "./contracts.js" */
/** @import {Context} from "./context.js" */

/** The citations of one answer, of which one at a time is open. */
export class Citations {
  #context;
  #byNumber;
  /** @type {{mark: HTMLElement, card: HTMLElement} | null} */
  #open = null;

  /**
   * @param {Citation[]} citations
   * @param {Context} context
   */
  constructor(citations, context) {
    this.#context = context;
    this.#byNumber = new Map(citations.map((citation) => [citation.n, citation]));
    /** Whether there is a citation of a number. */
    this.known = (/** @type {number} */ n) => this.#byNumber.has(n);
  }

  /**
   * The mark of a citation. The quotation opens at the end of the list item that the mark is in, or after its paragraph.
   * @param {number} n the number of a known citation
   */
  mark(n) {
    const citation = /** @type {Citation} */ (this.#byNumber.get(n));
    const { strings } = this.#context;
    const label = strings.of(citation.note ? "sourceNote" : "source", { n, title: citation.title });
    const attributes = { "aria-label": label, "aria-expanded": "false", class: citation.note ? "mark of-note" : "mark" };
    const mark = h("button", { type: "button", part: "citation-mark", ...attributes }, String(n));
    mark.addEventListener("click", () => {
      const opened = this.#open?.mark !== mark;
      this.close();
      if (opened) this.#show(mark, citation);
    });
    // A mark never begins a line, apart from the words that it stands for.
    return h("span", { class: "joined" }, "\u2060", mark);
  }

  /**
   * Close the quotation that is open.
   * @returns {HTMLElement | null} its mark
   */
  close() {
    const open = this.#open;
    this.#open = null;
    open?.card.remove();
    open?.mark.setAttribute("aria-expanded", "false");
    open?.mark.removeAttribute("aria-controls");
    return open?.mark ?? null;
  }

  /**
   * @param {HTMLElement} mark
   * @param {Citation} citation
   */
  #show(mark, citation) {
    const card = quotation(citation, this.#context);
    card.id = newId();
    mark.setAttribute("aria-expanded", "true");
    mark.setAttribute("aria-controls", card.id);
    const around = /** @type {HTMLElement} */ (mark.closest("li, p"));
    if (around.tagName === "LI") around.append(card);
    else around.after(card);
    this.#open = { mark, card };
    card.addEventListener("keydown", (event) => this.#closeOnEscape(event));
    mark.addEventListener("keydown", (event) => this.#closeOnEscape(event));
    card.scrollIntoView({ block: "nearest" });
  }

  /** @param {KeyboardEvent} event */
  #closeOnEscape(event) {
    if (event.key !== "Escape" || !this.#open) return;
    event.preventDefault();
    event.stopPropagation();
    this.close()?.focus();
  }
}

/**
 * @param {Citation} citation
 * @param {Context} context
 */
function quotation(citation, { strings, endpoint }) {
  const page = pageAddress(endpoint, citation.view_url);
  const original = webAddress(citation.url);
  const newTab = strings.of("newTab");
  return h(
    "div",
    { class: "card", part: "citation", role: "group", "aria-label": strings.of("source", { n: citation.n, title: citation.title }) },
    citation.note && h("p", { class: "label" }, strings.of("note")),
    h("blockquote", { lang: ANSWER_LANGUAGE, dir: "auto" }, ...marked(citation)),
    h("p", { class: "where", lang: ANSWER_LANGUAGE, dir: "auto" }, h("cite", {}, citation.title), ...section(citation)),
    facts(citation, strings),
    h(
      "p",
      { class: "links" },
      page && link(page, strings.of("readHere"), newTab),
      original && away(link(original, strings.of("original"), newTab)),
    ),
  );
}

/** @param {HTMLElement} anchor */
function away(anchor) {
  anchor.append(icon("away"));
  return anchor;
}

/**
 * The quote, with the short answer in it marked.
 * @param {Citation} citation
 */
function marked({ quote, start, answer_span: span }) {
  if (!span) return [quote];
  const characters = [...quote];
  const from = Math.max(0, span[0] - start);
  const to = Math.max(from, span[1] - start);
  const between = (/** @type {number} */ a, /** @type {number} */ b) => characters.slice(a, b).join("");
  return [between(0, from), h("mark", {}, between(from, to)), between(to, characters.length)];
}

/** @param {Citation} citation */
function section(citation) {
  return citation.section.length ? [h("span", { class: "section" }, citation.section.join(" › "))] : [];
}

/**
 * @param {Citation} citation
 * @param {Context["strings"]} strings
 */
function facts({ page, published }, strings) {
  const facts = [published && strings.date(published), page !== null && strings.of("page", { page })].filter(Boolean);
  return facts.length ? h("p", { class: "facts" }, facts.join(" · ")) : null;
}
