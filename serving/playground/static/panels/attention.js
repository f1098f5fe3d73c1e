// Attention: from which piece the model looks at which others, by layer and head.

import * as api from "../api.js";
import { bar, plainTable } from "../bars.js";
import { byId, element, fill, foreign } from "../dom.js";
import { OneAtATime } from "../newest.js";
import { direction } from "../texts.js";
import { drawHeatMap } from "./heat_map.js";
import { pieceText } from "./pieces.js";
import { asTable, labelledSelect, showFailure } from "./disclosure.js";

const queue = new OneAtATime();
const chosen = { layer: 0, head: "mean", piece: 0 };
const dark = matchMedia("(prefers-color-scheme: dark)");
let asked = null; // what is explained: {model, inputs, target}
let open = false;

/**
 * Prepares the part for another request; it is computed when the user has opened it.
 * @param {Object} model - as described by the server.
 * @param {Object|null} request - {inputs, target}; null when there is nothing to show.
 */
export function prepareAttention(model, request) {
  asked = request && { model, ...request };
  const place = byId("attention");
  if (model.unexplained) {
    fill(place, element("p", { class: "note" }, model.unexplained));
  } else if (!asked) {
    fill(place, element("p", { class: "note" }, "There is no answer whose attention could be shown."));
  } else if (open) {
    compute();
  } else {
    const button = element("button", { type: "button" }, "Show attention");
    button.addEventListener("click", () => {
      open = true;
      compute().then(() => byId("attention-layer")?.focus());
    });
    fill(place, button);
  }
}

function compute() {
  const place = byId("attention");
  place.setAttribute("aria-busy", "true");
  return queue.start(async () => {
    const now = asked;
    try {
      const found = now && (await api.attention(question(now)));
      if (now && now === asked) show(place, found);
    } catch (error) {
      if (now === asked) showFailure(place, error);
    } finally {
      place.removeAttribute("aria-busy");
    }
  });
}

function question({ model, inputs, target }) {
  return { model: model.name, inputs, target, layer: chosen.layer, head: chosen.head };
}

function show(place, found) {
  const focused = document.activeElement?.id;
  chosen.piece = Math.min(chosen.piece, found.pieces.length - 1);
  const details = element("div", {});
  const chosenPiece = (piece) => {
    chosen.piece = piece;
    showFrom(details, found);
    mark(map);
  };
  const map = element("canvas", { class: "heat-map", role: "img", "aria-label": describe(found) });
  const mark = (canvas) => drawHeatMap(canvas, found.weights, chosen.piece);
  dark.onchange = () => mark(map);
  fill(place, controls(found), pieceChoice(found, chosenPiece), details, heatMapPart(map));
  showFrom(details, found);
  mark(map);
  if (focused?.startsWith("attention-")) byId(focused)?.focus();
}

function controls(found) {
  const layers = Array.from({ length: found.layers }, (_, i) => [i, `${i + 1} of ${found.layers}`]);
  const heads = Array.from({ length: found.heads }, (_, i) => [i, `${i + 1} of ${found.heads}`]);
  const choose = (name) => (value) => {
    chosen[name] = value === "mean" ? value : Number(value);
    compute();
  };
  return element(
    "div",
    { class: "controls" },
    labelledSelect("attention-layer", "Layer", layers, chosen.layer, choose("layer")),
    labelledSelect("attention-head", "Head", [["mean", "mean of all"], ...heads], chosen.head, choose("head")),
  );
}

/** Returns the pieces as radio buttons: one stop of the Tab key, then arrows. */
function pieceChoice(found, onchoice) {
  const items = found.pieces.map(({ piece }, i) => {
    const id = `attention-piece-${i}`;
    const radio = element("input", { type: "radio", name: "attention-piece", id, value: i, checked: i === chosen.piece });
    radio.addEventListener("change", () => onchoice(i));
    const label = element("label", { for: id, class: "chip" }, pieceText(piece));
    return element("span", { class: "radio-chip" }, radio, label);
  });
  const list = element("div", { class: "chips", dir: directionOf(found) }, ...items);
  return element("fieldset", {}, element("legend", {}, "From the piece"), list);
}

/** Shows where the chosen piece looks. */
function showFrom(place, found) {
  const weights = found.weights[chosen.piece];
  const items = found.pieces.map(({ piece }, i) =>
    element(
      "li",
      { class: "chip" },
      pieceText(piece),
      bar(weights[i]),
      element("span", { class: "chip-number" }, `${(100 * weights[i]).toFixed(0)} %`),
    ),
  );
  const rows = found.pieces
    .map(({ piece }, i) => ({ piece, place: i + 1, weight: weights[i] }))
    .sort((one, other) => other.weight - one.weight)
    .map(({ piece, place: at, weight }) => [foreign("bdi", piece ?? "?"), at, weight.toFixed(4)]);
  const from = found.pieces[chosen.piece].piece;
  fill(
    place,
    element("h3", {}, "“", foreign("bdi", from ?? "?"), "” looks at"),
    element("ol", { class: "chips", dir: directionOf(found), "aria-label": "Attention to each piece" }, ...items),
    asTable(plainTable(`Attention from ${from}`, ["Piece", "Place", "Weight"], rows)),
  );
}

function heatMapPart(map) {
  const note = "All pieces at once: a row is a piece that looks, a column one that is looked at; the stronger the colour, the more.";
  return element("figure", {}, map, element("figcaption", { class: "note" }, note));
}

function describe(found) {
  const head = chosen.head === "mean" ? "mean of all heads" : `head ${chosen.head + 1}`;
  return `Heat map of ${found.pieces.length} by ${found.pieces.length} pieces, layer ${chosen.layer + 1}, ${head}; its rows are in the tables.`;
}

function directionOf(found) {
  // Special tokens stand first, and are Latin letters.
  return direction(...found.pieces.map(({ piece }) => piece ?? "").filter((piece) => !/^[[<]/.test(piece)));
}
