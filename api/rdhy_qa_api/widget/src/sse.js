/**
 * Server-sent events, read from any stream: the browser's own EventSource can only GET.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */

/** @typedef {{type: string, data: string}} ServerEvent */

/** Puts events together from pieces of text, wherever the stream was cut. */
export class EventParser {
  #begun = false;
  #returned = false;
  #rest = "";
  #type = "";
  /** @type {string[]} */
  #data = [];

  /**
   * Take the next piece of the stream.
   * @param {string} text
   * @returns {ServerEvent[]} the events that it completes
   */
  push(text) {
    if (!text) return [];
    let fresh = this.#begun ? text : text.replace(/^\uFEFF/, "");
    this.#begun = true;
    // A line break of two characters may be cut in the middle.
    if (this.#returned && fresh.startsWith("\n")) fresh = fresh.slice(1);
    this.#returned = text.endsWith("\r");
    const lines = (this.#rest + fresh).split(/\r\n|\r|\n/);
    this.#rest = lines.pop() ?? "";
    return lines.flatMap((line) => this.#take(line));
  }

  /**
   * @param {string} line
   * @returns {ServerEvent[]}
   */
  #take(line) {
    if (line === "") return this.#dispatch();
    const [, field, value = ""] = /^([^:]*)(?:: ?(.*))?$/su.exec(line) ?? [];
    if (field === "event") this.#type = value;
    else if (field === "data") this.#data.push(value);
    return [];
  }

  /** @returns {ServerEvent[]} */
  #dispatch() {
    const event = { type: this.#type || "message", data: this.#data.join("\n") };
    const complete = this.#data.length > 0;
    this.#type = "";
    this.#data = [];
    return complete ? [event] : [];
  }
}

/**
 * The events of a reply's body. Leaving the loop closes the connection.
 * @param {ReadableStream<Uint8Array>} body
 * @param {() => void} onBytes called whenever something comes, be it a heartbeat
 * @returns {AsyncGenerator<ServerEvent, void, void>}
 */
export async function* readEvents(body, onBytes) {
  const parser = new EventParser();
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      onBytes();
      yield* parser.push(decoder.decode(value, { stream: true }));
    }
  } finally {
    // What is left of a broken stream can't be closed, and needn't be.
    reader.cancel().catch(() => {});
  }
}
