/** Texts that name their citations in square brackets. */

import { h } from "./dom.js";

const MARK = /[ \u00A0]*\[(\d{1,3})\]/;

/**
 * The parts of a text: words, and the numbers of citations between them.
 * @param {string} text
 * @param {(n: number) => boolean} known whether there is a citation of that number; other brackets are words
 * @returns {(string | number)[]}
 */
export function partsOf(text, known) {
  /** @type {(string | number)[]} */
  const parts = [];
  let words = "";
  let rest = text;
  for (let found = MARK.exec(rest); found; found = MARK.exec(rest)) {
    words += rest.slice(0, found.index);
    rest = rest.slice(found.index + found[0].length);
    if (known(Number(found[1]))) {
      if (words) parts.push(words);
      parts.push(Number(found[1]));
      words = "";
    } else words += found[0];
  }
  if (words + rest) parts.push(words + rest);
  return parts;
}

/**
 * The words of a text alone.
 * @param {string} text
 * @param {(n: number) => boolean} known
 */
export function wordsOf(text, known) {
  return partsOf(text, known)
    .filter((part) => typeof part === "string")
    .join("");
}

/**
 * A paragraph for each paragraph of a text, with a mark for each citation.
 * @param {string} text
 * @param {(n: number) => boolean} known
 * @param {(n: number) => Node} mark
 */
export function paragraphs(text, known, mark) {
  return text.split(/\n{2,}/).map((paragraph) => {
    const parts = partsOf(paragraph, known).map((part) => (typeof part === "number" ? mark(part) : part));
    return h("p", { class: "text", dir: "auto" }, ...parts);
  });
}
