// A text in which spans are marked, each with its name beside it: colour alone says nothing.

import { element, foreign } from "./dom.js";
import { stretches } from "./texts.js";

const COLOURS = 6;

/**
 * Returns a paragraph.
 * @param {string} text
 * @param {{start: number, end: number, name?: string}[]} spans - in code points; spans of one name have one colour.
 */
export function markedText(text, spans) {
  const names = [...new Set(spans.map((span) => span.name))].sort();
  const parts = stretches(text, spans).map(({ text: part, span }) => {
    if (!span) return part;
    const name = span.name ? foreign("bdi", span.name, { class: "mark-name" }) : "";
    const kind = `mark-${names.indexOf(span.name) % COLOURS}${span.name ? " named" : ""}`;
    return element("mark", { class: kind }, element("span", { class: "mark-text" }, part), name);
  });
  const made = foreign("p", "", { class: "marked" });
  made.append(...parts);
  return made;
}
