/** Elements, made one by one: markup is never parsed, so that no text can become markup. */

/** @typedef {string | number | boolean | null | undefined | ((event: any) => void)} Property */
/** @typedef {Node | string | null | undefined | false} Child */

/**
 * Make an element. A function becomes a listener; true, false and null set or leave out an attribute.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, Property>} [properties]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, String(value));
  }
  element.append(.../** @type {(Node | string)[]} */ (children.filter(Boolean)));
  return element;
}

/**
 * A link that opens in a new tab, and says so.
 * @param {string} address one that `links.js` has let through
 * @param {string} label
 * @param {string} newTab what is said of the new tab
 * @param {Record<string, Property>} [properties]
 */
export function link(address, label, newTab, properties = {}) {
  const attributes = { href: address, target: "_blank", rel: "noopener noreferrer", ...properties };
  return h("a", attributes, label, h("span", { class: "unseen" }, ` (${newTab})`));
}

/** A new id: references within the shadow tree need some. */
export function newId() {
  return `r${++ids}`;
}

let ids = 0;
