/** The custom element `<rdhy-chat>`. */

import { Client } from "./client.js";
import { h } from "./dom.js";
import { History } from "./history.js";
import { icon } from "./icons.js";
import { serviceAddress } from "./links.js";
import { Panel } from "./panel.js";
import { onlyStrings, readStrings, Strings } from "./strings.js";
import css from "./styles.css";

const sheet = new CSSStyleSheet();
sheet.replaceSync(css);

/** On screens as small as that, the panel covers the page. */
const SMALL = "(max-width: 30rem), (max-height: 24rem)";

/**
 * A chat that answers with citations.
 *
 * Attributes: `endpoint` (address of the service; by default where the script came from), `mode` (`launcher`, which is
 * the default, or `inline`), `open`, `lang`, `strings` (JSON).
 */
export class RdhyChat extends HTMLElement {
  static observedAttributes = ["endpoint", "mode", "lang", "open", "strings"];

  #root = this.attachShadow({ mode: "open" });
  /** @type {Record<string, string>} */
  #strings = {};
  /** @type {Panel | null} */
  #panel = null;
  /** @type {HTMLDialogElement | null} */
  #dialog = null;
  /** @type {HTMLButtonElement | null} */
  #launcher = null;

  constructor() {
    super();
    this.#root.adoptedStyleSheets = [sheet];
  }

  /** Texts that replace those of the widget. */
  get strings() {
    return { ...this.#strings };
  }

  set strings(texts) {
    this.#strings = onlyStrings(texts);
    this.#build();
  }

  /** Whether the panel is open; inline it always is. */
  get open() {
    return this.hasAttribute("open");
  }

  set open(open) {
    this.toggleAttribute("open", open);
  }

  /**
   * Ask a question as if the reader had picked it; opens the panel.
   * @param {string} question
   */
  ask(question) {
    if (this.#dialog) this.open = true;
    this.#panel?.ask(question);
  }

  connectedCallback() {
    this.#build();
  }

  disconnectedCallback() {
    this.#panel?.end();
    document.removeEventListener("keydown", this.#onKey);
  }

  /** @param {string} name */
  attributeChangedCallback(name) {
    if (!this.#panel) return;
    if (name !== "open") this.#build();
    else if (this.open) this.#show();
    else this.#hide();
  }

  #build() {
    if (!this.isConnected) return;
    this.#panel?.end();
    const inline = this.getAttribute("mode") === "inline";
    const panel = (this.#panel = this.#makePanel(inline));
    const strings = this.#texts();
    const attributes = { class: "panel", part: "panel", "aria-labelledby": panel.titleId, lang: strings.language };
    if (inline) {
      this.#dialog = this.#launcher = null;
      this.#root.replaceChildren(h("section", attributes, ...panel.children));
      panel.begin();
      return;
    }
    const open = () => this.#openByHand();
    const label = h("span", {}, strings.of("launcher"));
    this.#launcher = h("button", { type: "button", class: "launcher", part: "launcher", "aria-haspopup": "dialog", click: open }, icon("chat"), label);
    this.#launcher.lang = strings.language;
    this.#dialog = h("dialog", { ...attributes, close: () => (this.open = false) }, ...panel.children);
    this.#root.replaceChildren(this.#launcher, this.#dialog);
    // That a page opens with the panel is the author's wish; that it covers the page would be nobody's.
    if (this.open && matchMedia(SMALL).matches) this.open = false;
    else if (this.open) this.#show();
  }

  /** @param {boolean} inline */
  #makePanel(inline) {
    const endpoint = serviceAddress(this.getAttribute("endpoint"));
    const given = { strings: this.#texts(), client: new Client(endpoint), endpoint, history: new History(endpoint) };
    return new Panel(given, inline ? null : () => (this.open = false));
  }

  #texts() {
    const near = /** @type {HTMLElement | null} */ (this.closest("[lang]"));
    const wanted = near?.lang || navigator.language;
    return new Strings(wanted, { ...readStrings(this.getAttribute("strings")), ...this.#strings });
  }

  #openByHand() {
    this.open = true;
    this.#panel?.focus();
  }

  /** Open the panel beside the page; on a small screen over it, with the page out of reach meanwhile. */
  #show() {
    const dialog = this.#dialog;
    if (!dialog || dialog.open) return;
    if (matchMedia(SMALL).matches) dialog.showModal();
    else dialog.setAttribute("open", ""); // show() would take the focus
    document.addEventListener("keydown", this.#onKey);
    this.#panel?.begin();
  }

  /** Close the panel. The focus returns to the launcher, unless the reader has moved it into the page. */
  #hide() {
    const dialog = this.#dialog;
    document.removeEventListener("keydown", this.#onKey);
    if (!dialog?.open) return;
    const inside = dialog.contains(this.#root.activeElement);
    dialog.close();
    if (inside) this.#launcher?.focus();
  }

  /** @param {KeyboardEvent} event */
  #onKey = (event) => {
    if (event.key === "Escape" && !event.isComposing && !event.defaultPrevented) this.open = false;
  };
}
