// A tagger: its spans marked in the text, and as a table.

import { plainTable } from "../bars.js";
import { element, foreign } from "../dom.js";
import { markedText } from "../marked_text.js";

export const title = "Token classification";
export const fields = (model) => model.inputs;
export const samples = { text: "The museum in Oslo opens at nine." };
export const instances = (values) => [values];

export function show([answer], { text }) {
  const spans = found(answer);
  if (!spans.length) return { summary: "Nothing was found.", nodes: [element("p", {}, "Nothing was found.")] };
  const points = Array.from(text);
  const rows = spans.map(({ start, end, name, score }) => [
    foreign("bdi", points.slice(start, end).join("")),
    foreign("bdi", name),
    `${start}–${end}`,
    score.toFixed(4),
  ]);
  return {
    summary: `${spans.length} found.`,
    nodes: [markedText(text, spans), plainTable("Spans", ["Text", "Label", "Characters", "Score"], rows)],
  };
}

export function targets([answer], { text }) {
  const points = Array.from(text);
  return found(answer).map(({ start, end, name }) => ({
    name: `${points.slice(start, end).join("")}: ${name}`,
    target: { start },
  }));
}

function found(answer) {
  return answer.entity
    .slice(0, answer.num_entities)
    .map((name, i) => ({ name, start: answer.start[i], end: answer.end[i], score: answer.score[i] }));
}
