/** Defines `<rdhy-chat>`, once, however often the script is loaded. */

import { RdhyChat } from "./element.js";

if (!customElements.get("rdhy-chat")) customElements.define("rdhy-chat", RdhyChat);

export { RdhyChat };
