/** What the widget says, in the language of the page. */

import { de } from "./texts/de.js";
import { en } from "./texts/en.js";

/** @import {Texts} from "./texts/en.js" */
/** @typedef {keyof Texts} Key */
/** @typedef {"covered" | "sources" | "wait"} Counted */

/** @type {Record<string, Texts>} */
const LANGUAGES = { en, de };

/** Texts of one language, with what the page says instead. */
export class Strings {
  #texts;
  #numbers;
  #plurals;

  /**
   * @param {string} wanted a language tag; English where its language is not shipped
   * @param {Record<string, string>} instead
   */
  constructor(wanted, instead) {
    const tag = canonical(wanted);
    const shipped = LANGUAGES[tag.split("-")[0] ?? ""];
    /** The language in which the widget speaks; a page that brings texts of its own says which. */
    this.language = shipped || Object.keys(instead).length ? tag : "en";
    this.#texts = /** @type {Texts} */ ({ ...(shipped ?? en), ...instead });
    this.#numbers = new Intl.NumberFormat(this.language);
    this.#plurals = new Intl.PluralRules(this.language);
  }

  /**
   * A text, with values in the places of their names.
   * @param {Key} key
   * @param {Record<string, string | number>} [values]
   */
  of(key, values = {}) {
    return this.#texts[key].replace(/\{(\w+)\}/g, (place, name) => {
      const value = values[name];
      return typeof value === "number" ? this.#numbers.format(value) : (value ?? place);
    });
  }

  /**
   * A text that depends on a number.
   * @param {Counted} key
   * @param {number} n
   */
  count(key, n) {
    return this.of(this.#plurals.select(n) === "one" ? `${key}.one` : `${key}.other`, { n });
  }

  /**
   * A date as it is written in the language; anything else as it is.
   * @param {string} iso
   */
  date(iso) {
    const time = Date.parse(iso);
    if (Number.isNaN(time)) return iso;
    return new Intl.DateTimeFormat(this.language, { dateStyle: "long", timeZone: "UTC" }).format(time);
  }
}

/**
 * A language tag in its usual form; English for what is none.
 * @param {string} tag
 */
function canonical(tag) {
  try {
    return Intl.getCanonicalLocales(tag)[0] ?? "en";
  } catch {
    return "en";
  }
}

/**
 * Read the texts that a page brings: a JSON object whose values are strings.
 * @param {string | null} json
 * @returns {Record<string, string>}
 */
export function readStrings(json) {
  try {
    return onlyStrings(JSON.parse(json ?? "{}"));
  } catch {
    console.warn("rdhy-chat: the attribute strings holds no JSON object.");
    return {};
  }
}

/**
 * @param {object} values
 * @returns {Record<string, string>}
 */
export function onlyStrings(values) {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => typeof value === "string"));
}
