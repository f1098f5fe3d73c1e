// A multiple choice model: its choices with their probabilities.

import { scoreTable } from "../bars.js";
import { listed } from "../dom.js";

export const title = "Multiple choice";
export const fields = () => ["prompt", "choices"];
export const samples = { prompt: "The museum opens", choices: "at nine.\nat the door.\na museum." };
export const instances = (values) => [{ prompt: values.prompt, choices: lines(values) }];
export const ready = (values) => lines(values).length > 0;
export const waiting = "Write a choice on each line.";

export function show([answer], values) {
  const choices = lines(values);
  const rows = choices.map((name, i) => ({ name, score: answer.probabilities[i], best: i === answer.choice }));
  const best = rows[answer.choice];
  return {
    summary: [...listed([best.name]), `, ${best.score.toFixed(4)}.`],
    nodes: [scoreTable("Probabilities of the choices", "Choice", rows)],
  };
}

export function targets([answer], values) {
  const rows = lines(values).map((name, choice) => ({ name, target: { choice } }));
  return [rows[answer.choice], ...rows.filter((_, i) => i !== answer.choice)];
}

function lines(values) {
  return values.choices.split("\n").map((line) => line.trim()).filter(Boolean);
}
