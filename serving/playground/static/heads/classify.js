// A sequence classifier: its labels with their scores.

import { scoreTable } from "../bars.js";
import { listed } from "../dom.js";

const MOST_LABELS = 20;

export const title = "Text classification";
export const fields = (model) => model.inputs;
export const samples = { text: "The museum opens at nine.", text_pair: "Visitors can enter in the morning." };
export const instances = (values) => [values];

/** Returns what is seen of an answer, and its summary; see `heads.js`. */
export function show([answer], values, model) {
  const found = ranked(answer, model);
  const shown = found.slice(0, MOST_LABELS);
  const more = found.length > shown.length ? ` (${found.length} in all, the likeliest are shown)` : "";
  const several = answer.label === undefined;
  const above = shown.filter((row) => row.score > 0.5).map((row) => row.name);
  const summary = several
    ? ["Labels above one half: ", ...(above.length ? listed(above) : ["none"]), `${more}.`]
    : [...listed([answer.label]), `, ${answer.score.toFixed(4)}${more}.`];
  return { summary, nodes: [scoreTable("Scores of the labels", "Label", shown)] };
}

/** Returns what can be explained: every label, the likeliest first. */
export function targets([answer], values, model) {
  return ranked(answer, model)
    .slice(0, MOST_LABELS)
    .map(({ name, number }) => ({ name, target: { label: number } }));
}

function ranked(answer, model) {
  // A model of several labels answers with the list of probabilities alone.
  const probabilities = answer.probabilities ?? answer;
  return probabilities
    .map((score, number) => ({ name: model.labels[number] ?? `label ${number}`, score, number }))
    .sort((one, other) => other.score - one.score)
    .map((row, rank) => ({ ...row, best: rank === 0 && answer.label !== undefined }));
}
