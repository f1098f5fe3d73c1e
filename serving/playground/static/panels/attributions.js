// Attributions: how much each piece raises or lowers what the model says.

import * as api from "../api.js";
import { bar, plainTable } from "../bars.js";
import { byId, element, fill, foreign } from "../dom.js";
import { OneAtATime } from "../newest.js";
import { direction, signed } from "../texts.js";
import { pieceText } from "./pieces.js";
import { asTable, labelledSelect, showFailure } from "./disclosure.js";

const queue = new OneAtATime();
let asked = null; // {model, inputs, targets}

/**
 * Prepares the part for another request; it is computed when the user asks for it.
 * @param {Object} model - as described by the server.
 * @param {Object|null} request - {inputs, targets: [{name, target}]}; null when there is nothing to explain.
 */
export function prepareAttributions(model, request) {
  asked = request && { model, ...request };
  const place = byId("attributions");
  if (model.unexplained) {
    fill(place, element("p", { class: "note" }, "As for attention."));
  } else if (!request?.targets.length) {
    fill(place, element("p", { class: "note" }, "There is no answer that could be explained."));
  } else {
    showForm(place, request.targets);
  }
}

function showForm(place, targets) {
  let chosen = 0;
  const names = targets.map(({ name }, i) => [i, name]);
  const select = labelledSelect("attributions-target", "What is explained", names, 0, (value) => {
    chosen = Number(value);
  });
  const button = element("button", { type: "button", id: "attributions-explain" }, "Explain");
  const result = element("div", { id: "attributions-result", "aria-live": "polite" });
  button.addEventListener("click", () => compute(result, targets[chosen].target));
  fill(place, element("div", { class: "controls" }, select, button), result);
}

function compute(place, target) {
  const now = asked;
  place.setAttribute("aria-busy", "true");
  fill(place, element("p", { class: "note" }, "Computing …"));
  return queue.start(async () => {
    try {
      const found = await api.attributions({ model: now.model.name, inputs: now.inputs, target });
      if (now === asked) show(place, found);
    } catch (error) {
      if (now === asked) showFailure(place, error);
    } finally {
      place.removeAttribute("aria-busy");
    }
  });
}

function show(place, { pieces, attributions, about, score, baseline }) {
  const most = Math.max(...attributions.map(Math.abs), 1e-6);
  const items = pieces.map(({ piece }, i) => {
    const value = attributions[i];
    const kind = value > 0 ? "raises" : value < 0 ? "lowers" : "";
    return element(
      "li",
      { class: `chip ${kind}` },
      pieceText(piece),
      bar(Math.abs(value) / most),
      element("span", { class: "chip-number" }, signed(value)),
    );
  });
  const rows = pieces
    .map(({ piece }, i) => ({ piece, place: i + 1, value: attributions[i] }))
    .sort((one, other) => Math.abs(other.value) - Math.abs(one.value))
    .map(({ piece, place: at, value }) => [foreign("bdi", piece ?? "?"), at, signed(value, 4)]);
  const words = pieces.map(({ piece }) => piece ?? "").filter((piece) => !/^[[<]/.test(piece));
  fill(
    place,
    element("p", {}, "Pieces with + raise ", foreign("bdi", about), ", those with − lower it."),
    element("ol", { class: "chips", dir: direction(...words), "aria-label": "Attribution of each piece" }, ...items),
    element("p", { class: "note" }, sums(attributions, score, baseline)),
    asTable(plainTable("Attributions, the largest first", ["Piece", "Place", "Attribution"], rows)),
  );
}

/** Says how exact the attributions are: they should add up to the whole change. */
function sums(attributions, score, baseline) {
  const sum = attributions.reduce((total, value) => total + value, 0);
  return (
    `Without words it is ${signed(baseline, 3)}, with them ${signed(score, 3)}: a change of ` +
    `${signed(score - baseline, 3)}. The attributions (integrated gradients) add up to ${signed(sum, 3)}.`
  );
}
