// Scores as a table whose bars are only decoration: the numbers stand beside them.

import { element, foreign } from "./dom.js";

/**
 * Returns a table of scores.
 * @param {string} caption - what they are, for screen readers.
 * @param {string} heading - of the names.
 * @param {{name: string, score: number, best?: boolean}[]} rows - scores from 0 to 1.
 */
export function scoreTable(caption, heading, rows) {
  const body = rows.map(({ name, score, best }) =>
    element(
      "tr",
      { class: best ? "best" : null },
      element("th", { scope: "row" }, foreign("bdi", name), best ? element("span", { class: "hint" }, " best") : ""),
      element("td", { class: "bar-cell", "aria-hidden": "true" }, bar(score)),
      element("td", { class: "number" }, score.toFixed(4)),
    ),
  );
  const head = element(
    "tr",
    {},
    element("th", { scope: "col" }, heading),
    element("td", { "aria-hidden": "true" }),
    element("th", { scope: "col", class: "number" }, "Score"),
  );
  return table(caption, head, body, "scores");
}

/** Returns a table of plain columns: `headings` are strings, `rows` lists of strings, nodes or numbers. */
export function plainTable(caption, headings, rows) {
  const cell = (content, column) => {
    const kind = column ? "td" : "th";
    return element(kind, column ? { class: typeof content === "number" ? "number" : null } : { scope: "row" }, content);
  };
  const head = element("tr", {}, ...headings.map((heading) => element("th", { scope: "col" }, heading)));
  return table(caption, head, rows.map((row) => element("tr", {}, ...row.map(cell))));
}

/** Returns a bar that fills a share, from 0 to 1, of its width. */
export function bar(share) {
  const inner = element("span", { class: "bar-inner" });
  inner.style.width = `${100 * Math.min(1, Math.max(0, share))}%`;
  return element("span", { class: "bar" }, inner);
}

function table(caption, head, body, kind) {
  const made = element(
    "table",
    { class: kind },
    element("caption", { class: "visually-hidden" }, caption),
    element("thead", {}, head),
    element("tbody", {}, ...body),
  );
  return element("div", { class: "scrolls", tabindex: "0", role: "group", "aria-label": caption }, made);
}
