/** What all views need to know. */

/** @import {Client} from "./client.js" */
/** @import {Suggestions} from "./contracts.js" */
/** @import {Strings} from "./strings.js" */

/**
 * @typedef {object} Context
 * @property {Strings} strings
 * @property {Client} client
 * @property {string} endpoint
 * @property {(question: string) => void} ask
 * @property {(text: string) => void} announce says something to screen readers
 * @property {() => Promise<Suggestions>} suggestions questions to begin with; none where the service has none
 */

export {};
