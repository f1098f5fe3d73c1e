// What the page asks the server for: its own questions, and the REST interface that any client uses.

const NO_ANSWER = "The server does not answer: is “rembert serve” still running?";

/** A failure that the user is told in one sentence. */
export class Failure extends Error {}

/** Returns the served models. */
export async function models() {
  return (await ask("api/models")).models;
}

/**
 * Returns what `predict` of the REST interface answers to some rows.
 * @param {string} model - its name.
 * @param {Object[]} instances - the rows.
 * @param {AbortSignal} signal
 */
export async function predict(model, instances, signal) {
  const path = `../v1/models/${encodeURIComponent(model)}:predict`;
  return (await ask(path, { instances }, signal)).predictions;
}

/** Returns the pieces of each text. */
export async function pieces(model, texts, signal) {
  return (await ask("api/pieces", { model, texts }, signal)).texts;
}

/** Returns one layer's and head's attention. */
export function attention(request, signal) {
  return ask("api/attention", request, signal);
}

/** Returns the attributions of a target. */
export function attributions(request, signal) {
  return ask("api/attributions", request, signal);
}

async function ask(path, content, signal) {
  const post = content && {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(content),
  };
  let response;
  let text;
  try {
    response = await fetch(path, { ...post, signal, credentials: "same-origin" });
    text = await response.text();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Failure(NO_ANSWER);
  }
  return read(response, text);
}

function read(response, text) {
  let content;
  try {
    content = JSON.parse(text);
  } catch {
    throw new Failure(`The server's answer cannot be read (status ${response.status}).`);
  }
  if (!response.ok) throw new Failure(content.error || `The server answered with status ${response.status}.`);
  return content;
}
