// A masked language model: what may stand at each mask.

import { scoreTable } from "../bars.js";
import { element, listed } from "../dom.js";
import { markedText } from "../marked_text.js";

const MASK = "[MASK]";

export const title = "Fill-mask";
export const fields = (model) => model.inputs;
export const samples = { text: `The museum ${MASK} at nine.` };
export const hint = `Write ${MASK} where a word is missing.`;
export const instances = (values) => [values];

export function show([answer], { text }) {
  const masks = found(answer);
  if (!masks.length) {
    const missing = `The text has no ${MASK}.`;
    return { summary: missing, nodes: [element("p", {}, missing)] };
  }
  const tables = masks.map((rows, i) =>
    element("div", {}, element("h3", {}, `Mask ${i + 1}`), scoreTable(`Pieces for mask ${i + 1}`, "Piece", rows)),
  );
  const best = listed(masks.map((rows) => rows[0].name));
  const nodes = [filledText(text, answer), element("div", { class: "columns" }, ...tables)];
  return { summary: [...best, "."], nodes };
}

export function targets([answer]) {
  return found(answer).flatMap((rows, mask) =>
    rows.map(({ name, token }) => ({ name: `mask ${mask + 1}: ${name}`, target: { mask, token } })),
  );
}

function found(answer) {
  return answer.token.slice(0, answer.num_masks).map((tokens, mask) =>
    tokens.map((token, rank) => ({
      // As pieces are written elsewhere on the page.
      name: token.replace(/^ /, "▁"),
      token,
      score: answer.score[mask][rank],
      best: rank === 0,
    })),
  );
}

/** Returns the text with the best piece of each mask in its place. */
function filledText(text, answer) {
  const parts = text.split(MASK);
  let filled = parts[0];
  const spans = [];
  parts.slice(1).forEach((part, i) => {
    const piece = answer.token[i]?.[0];
    if (piece === undefined) {
      filled += MASK + part;
      return;
    }
    const word = piece.trim() || piece;
    const start = Array.from(filled).length;
    spans.push({ start, end: start + Array.from(word).length });
    filled += word + part;
  });
  return markedText(filled, spans);
}
