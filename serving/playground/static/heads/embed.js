// An encoder: how similar two texts are.

import { bar } from "../bars.js";
import { element } from "../dom.js";

const NUMBERS = 8;

export const title = "Similarity of two texts";
export const fields = () => ["text", "other"];
export const samples = { text: "The museum opens at nine.", other: "Das Museum öffnet um neun." };
export const instances = ({ text, other }) => (other ? [{ text }, { text: other }] : [{ text }]);

export function show(vectors) {
  const [first, second] = vectors;
  const numbers = first.slice(0, NUMBERS).map((number) => number.toFixed(4)).join(", ");
  const more = first.length > NUMBERS ? ", …" : "";
  const vector = element("p", { class: "note" }, `The first text's vector has ${first.length} numbers: ${numbers}${more}`);
  if (!second) return { summary: "One vector.", nodes: [vector] };
  const similarity = cosine(first, second);
  const written = similarity.toFixed(4);
  // The bar's left end is -1.
  const picture = element("div", { class: "similarity", "aria-hidden": "true" }, bar((similarity + 1) / 2));
  const ends = "From −1, opposite directions, over 0 to 1, the same direction.";
  return {
    summary: `Cosine similarity ${written}.`,
    nodes: [element("p", { class: "large" }, written), picture, element("p", { class: "note" }, ends), vector],
  };
}

export function explainedInputs({ text }) {
  return { text };
}

export function targets(vectors, { other }) {
  return other ? [{ name: "the similarity", target: { other } }] : [];
}

function cosine(one, other) {
  const dot = (a, b) => a.reduce((sum, number, i) => sum + number * b[i], 0);
  const lengths = Math.sqrt(dot(one, one) * dot(other, other));
  return lengths > 0 ? dot(one, other) / lengths : 0;
}
