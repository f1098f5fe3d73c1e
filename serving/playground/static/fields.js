// The fields of the form, those that the model's inputs ask for.

import { element, fill, foreign } from "./dom.js";

const LABELS = {
  text: "Text",
  text_pair: "Second text",
  other: "Text to compare with",
  question: "Question",
  context: "Context",
  prompt: "Prompt",
  choices: "Choices, one on each line",
};
const ROWS = { context: 5, choices: 3 };

/**
 * Fills the form.
 * @param {HTMLFormElement} form
 * @param {string[]} names - of the fields.
 * @param {Object} values - {name: text} that they begin with.
 * @param {string} [hint] - what has to be known about them.
 */
export function showFields(form, names, values, hint) {
  const made = names.map((name) =>
    element(
      "div",
      { class: "field" },
      element("label", { for: `field-${name}` }, LABELS[name] ?? name),
      foreign("textarea", values[name] ?? "", {
        id: `field-${name}`,
        name,
        rows: ROWS[name] ?? 2,
        spellcheck: "false",
        "aria-describedby": hint ? "hint" : null,
      }),
    ),
  );
  const note = hint ? [element("p", { id: "hint", class: "note" }, hint)] : [];
  const button = element("button", { type: "submit" }, "Ask");
  const keys = element("span", { class: "note" }, "Answers follow as you type; Ctrl+Enter asks at once.");
  fill(form, ...made, ...note, element("div", { class: "actions" }, button, keys));
}

/** Returns what stands in the fields: {name: text}. */
export function fieldValues(form) {
  const fields = [...form.querySelectorAll("textarea")];
  // Half of a surrogate pair cannot be sent; browsers that lack the function have old texts alone.
  return Object.fromEntries(fields.map((field) => [field.name, field.value.toWellFormed?.() ?? field.value]));
}
