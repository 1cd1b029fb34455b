/** Addresses that the widget may link to. What comes from the service is checked, not trusted. */

/**
 * An address on the web, or null for anything else (`javascript:`, `data:`, …).
 * @param {string | null} address
 * @returns {string | null}
 */
export function webAddress(address) {
  const url = address && URL.canParse(address) ? new URL(address) : null;
  return url && /^https?:$/.test(url.protocol) ? url.href : null;
}

/**
 * Our page of a document. It is an address below the service's, whatever the path says.
 * @param {string} endpoint address of the service, without a slash at its end
 * @param {string} viewUrl path of the page, as the service gives it
 * @returns {string | null}
 */
export function pageAddress(endpoint, viewUrl) {
  return webAddress(`${endpoint}/${viewUrl.replace(/^\/+/, "")}`);
}

/**
 * Address of the service that an attribute names, or from where this script came.
 * @param {string | null} given
 * @returns {string}
 */
export function serviceAddress(given) {
  const url = given ? new URL(given, document.baseURI) : new URL("..", import.meta.url);
  return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
}
