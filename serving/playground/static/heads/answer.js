// A reader: its answers in the context.

import { plainTable } from "../bars.js";
import { element, foreign, listed } from "../dom.js";
import { markedText } from "../marked_text.js";

export const title = "Question answering";
export const fields = () => ["question", "context"];
export const samples = {
  question: "When does the museum open?",
  context: "The museum opens at nine and closes at five.",
};
export const instances = (values) => [values];

export function show([answer], { context }) {
  const found = answers(answer);
  if (!found.length) {
    return { summary: "No answer was found.", nodes: [element("p", {}, "No answer was found in the context.")] };
  }
  const rows = found.map(({ text, start, end, score }) => [foreign("bdi", text), `${start}–${end}`, score.toFixed(4)]);
  return {
    summary: [...listed([found[0].text]), `, ${found[0].score.toFixed(4)}.`],
    nodes: [markedText(context, [found[0]]), plainTable("Answers", ["Answer", "Characters", "Score"], rows)],
  };
}

export function targets([answer]) {
  return answers(answer).map(({ text, start, end }) => ({ name: text, target: { start, end } }));
}

function answers(answer) {
  // A model exported for one answer has no lists.
  const list = (value) => [value].flat();
  return list(answer.answer)
    .map((text, i) => ({
      text,
      start: list(answer.start)[i],
      end: list(answer.end)[i],
      score: list(answer.score)[i],
    }))
    .filter(({ text }) => text !== "");
}
