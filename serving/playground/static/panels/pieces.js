// The pieces of the texts, with their numbers.

import * as api from "../api.js";
import { byId, element, fill, foreign } from "../dom.js";
import { direction } from "../texts.js";

/**
 * Shows the pieces of what was typed.
 * @param {Object} model - as described by the server.
 * @param {Object} values - {name: text} of the form.
 * @param {AbortSignal} signal
 */
export async function showPieces(model, values, signal) {
  const section = byId("pieces-section");
  section.hidden = !model.tokenizes;
  if (!model.tokenizes) return;
  const texts = Object.values(values).flatMap((text) => text.split("\n")).filter((text) => text.trim());
  const rows = texts.length ? await api.pieces(model.name, texts.slice(0, 32), signal) : [];
  fill(byId("pieces"), ...rows.map((pieces, i) => chips(pieces, texts[i])));
}

/** Returns the pieces of one text as a list, in the text's direction. */
function chips(pieces, text) {
  const items = pieces.map(({ id, piece }) =>
    element("li", { class: "chip" }, pieceText(piece), element("span", { class: "chip-number" }, id)),
  );
  const count = `${pieces.length} pieces of “${text.slice(0, 30)}${text.length > 30 ? "…" : ""}”`;
  return element("ol", { class: "chips", dir: direction(text), "aria-label": count }, ...items);
}

/** Returns the spelling of a piece; one without a spelling is known by its number alone. */
export function pieceText(piece) {
  return foreign("span", piece ?? "?", { class: "chip-piece" });
}
