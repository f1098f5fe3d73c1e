// A causal language model: how a prompt goes on.

import { element, foreign } from "../dom.js";

export const title = "Text generation";
export const fields = () => ["prompt"];
export const samples = { prompt: "The museum opens" };
export const instances = (values) => [values];

export function show([answer]) {
  const count = `${answer.num_tokens} ${answer.num_tokens === 1 ? "piece" : "pieces"}`;
  return {
    summary: `${count} written.`,
    nodes: [foreign("blockquote", answer.text, { class: "large" }), element("p", { class: "note" }, count)],
  };
}

export function targets() {
  return [{ name: "the next piece", target: {} }];
}
