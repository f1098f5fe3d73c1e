// A regression model: a number, or several.

import { element } from "../dom.js";

export const title = "Regression";
export const fields = (model) => model.inputs;
export const samples = { text: "The museum opens at nine.", text_pair: "Visitors can enter in the morning." };
export const instances = (values) => [values];

export function show([answer]) {
  const written = [answer].flat().map((number) => number.toFixed(4)).join(", ");
  return { summary: `Score ${written}.`, nodes: [element("p", { class: "large" }, written)] };
}

export function targets([answer]) {
  return [answer].flat().map((_, number) => ({ name: `score ${number + 1}`, target: { label: number } }));
}
