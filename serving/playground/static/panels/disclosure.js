// A part of the page that costs the server something, and is therefore asked for.

import { element } from "../dom.js";
import { Failure } from "../api.js";

/** Shows in an element why something failed; what is no failure of the server is an error of this page. */
export function showFailure(place, error) {
  if (!(error instanceof Failure)) console.error(error);
  const sentence = error instanceof Failure ? error.message : `This page has a defect: ${error.message}`;
  place.replaceChildren(element("p", { class: "failure", role: "alert" }, sentence));
}

/** Returns a select element with its label in front of it. */
export function labelledSelect(id, label, options, chosen, onchange) {
  const select = element("select", { id });
  for (const [value, text] of options) {
    select.append(element("option", { value, selected: String(value) === String(chosen) }, text));
  }
  select.addEventListener("change", () => onchange(select.value));
  return element("span", { class: "choice" }, element("label", { for: id }, label), select);
}

/** Returns a part that can be opened: a table that says in numbers what stands above it. */
export function asTable(table) {
  return element("details", { "aria-label": "As a table" }, element("summary", {}, "As a table"), table);
}
