// Makes elements. Text always goes in as text nodes, so that nothing a user or a model writes is ever markup.

/**
 * Returns a new element.
 * @param {string} tag - its name.
 * @param {Object} attributes - attributes; `class` too. Those that are null, undefined or false are left out.
 * @param {...(Node|string|number)} children - what stands in it.
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

/** Returns an element for a text in whatever language: its direction follows from its letters. */
export function foreign(tag, text, attributes = {}) {
  return element(tag, { lang: "", dir: "auto", ...attributes }, text);
}

/** Returns parts of a sentence: texts in whatever language, each with a direction of its own, and commas between. */
export function listed(texts) {
  return texts.flatMap((text, i) => (i ? [", ", foreign("bdi", text)] : [foreign("bdi", text)]));
}

/** Exchanges all that stands in an element. */
export function fill(parent, ...children) {
  parent.replaceChildren(...children);
}

/** Returns the element with an id. */
export function byId(id) {
  return document.getElementById(id);
}
