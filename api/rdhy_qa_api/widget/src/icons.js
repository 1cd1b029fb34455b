/** Icons, drawn on 24 by 24 units. */

const SVG = "http://www.w3.org/2000/svg";

const PATHS = {
  chat: "M5 5h14a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2h-7l-5 4v-4H5a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2zM8 9.5h8M8 13h5",
  close: "M6 6l12 12M18 6L6 18",
  restart: "M5 12a7 7 0 1 0 2.2-5.1M5 4v4h4",
  send: "M12 19V5M6 11l6-6 6 6",
  stop: "M7 7h10v10H7z",
  copy: "M9 9h10v11H9zM15 9V5H5v11h4",
  done: "M5 13l4 4L19 7",
  up: "M8 11v9H4v-9zM8 11l4-7c1.6 0 2.4 1 2.1 2.6L13.6 10H19a1.5 1.5 0 0 1 1.5 1.8l-1.2 6.4a2 2 0 0 1-2 1.8H8",
  down: "M16 13V4h4v9zM16 13l-4 7c-1.6 0-2.4-1-2.1-2.6l.5-3.4H5a1.5 1.5 0 0 1-1.5-1.8l1.2-6.4a2 2 0 0 1 2-1.8H16",
  away: "M9 6H6v12h12v-3M13 5h6v6M19 5l-8 8",
};

/**
 * Draw an icon; screen readers pass over it.
 * @param {keyof typeof PATHS} name
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  for (const [attribute, value] of Object.entries({ viewBox: "0 0 24 24", class: `icon icon-${name}`, "aria-hidden": "true" })) {
    svg.setAttribute(attribute, value);
  }
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
