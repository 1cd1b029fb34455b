/**
 * What the service sends and takes: `src/rdhy_qa/contracts.py` is the source, `/openapi.json` the description.
 *
 * Offsets count Unicode code points, as Python does; JavaScript's strings count UTF-16 units.
 */

/**
 * @typedef {object} Citation
 * @property {number} n
 * @property {string} document_id
 * @property {string} title
 * @property {string[]} section
 * @property {string | null} url
 * @property {string} view_url
 * @property {number | null} page
 * @property {string | null} published
 * @property {number} start
 * @property {number} end
 * @property {string} quote
 * @property {boolean} note
 * @property {[number, number] | null} answer_span
 */

/**
 * @typedef {object} Item
 * @property {string} text
 * @property {number[]} citations
 */

/**
 * @typedef {object} Related
 * @property {string} title
 * @property {string[]} section
 * @property {string} text
 * @property {string} view_url
 */

/**
 * @typedef {object} Answer
 * @property {string} answer_id
 * @property {string} question
 * @property {string | null} interpreted_as
 * @property {boolean} answered
 * @property {string | null} short_answer
 * @property {string} answer
 * @property {Item[]} items
 * @property {{found: number, expected: number} | null} complete
 * @property {string | null} reason
 * @property {Citation[]} citations
 * @property {Related[]} related
 * @property {"extractive" | "llm"} mode
 */

/**
 * @typedef {object} Covered
 * @property {string} title
 * @property {string} view_url
 */

/**
 * @typedef {object} Suggestions
 * @property {string[]} questions
 * @property {Covered[]} documents
 */

/** @typedef {{role: "user" | "assistant", content: string}} Turn */
/** @typedef {"up" | "down"} Verdict */

export const MAX_QUESTION = 1000;
export const MAX_COMMENT = 2000;

/** The service answers in English alone, whatever the language of the page. */
export const ANSWER_LANGUAGE = "en";

/**
 * Length of a text as the service counts it.
 * @param {string} text
 */
export function lengthOf(text) {
  return [...text].length;
}

/**
 * A text as the service takes it: without control characters, and without white space around it.
 * @param {string} text
 */
export function cleaned(text) {
  return text.replace(/[^\P{Cc}\n\r\t]/gu, " ").trim();
}

/**
 * Take over an answer, with nothing in it left out; null where it is none.
 * @param {unknown} value
 * @returns {Answer | null}
 */
export function asAnswer(value) {
  const found = /** @type {Partial<Answer> | null} */ (value);
  if (typeof found !== "object" || found === null || typeof found.answer !== "string") return null;
  const empty = {
    answer_id: "",
    question: "",
    interpreted_as: null,
    answered: false,
    short_answer: null,
    items: [],
    complete: null,
    reason: null,
    citations: [],
    related: [],
    mode: /** @type {const} */ ("extractive"),
  };
  return { ...empty, ...found, answer: found.answer };
}
