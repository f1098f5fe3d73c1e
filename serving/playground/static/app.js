// The page: asks the server what it serves, and answers what is typed.

import { readAddress, writeAddress } from "./address.js";
import * as api from "./api.js";
import { byId, element, fill } from "./dom.js";
import { fieldValues, showFields } from "./fields.js";
import { headOf } from "./heads.js";
import { Newest } from "./newest.js";
import { prepareAttention } from "./panels/attention.js";
import { prepareAttributions } from "./panels/attributions.js";
import { labelledSelect, showFailure } from "./panels/disclosure.js";
import { showPieces } from "./panels/pieces.js";

const PAUSE = 400; // milliseconds without a key, after which the model is asked

const form = byId("form");
const newest = new Newest();
let served = [];
let model = null;

async function start() {
  try {
    served = await api.models();
  } catch (error) {
    showFailure(byId("failure"), error);
    return;
  }
  form.addEventListener("input", () => ask(PAUSE));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask(0);
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  window.addEventListener("hashchange", followAddress);
  followAddress();
}

/** Shows the model and the texts that the address holds. */
function followAddress() {
  const { model: name, fields } = readAddress();
  const named = served.find((each) => each.name === name) ?? served[0];
  if (!named) {
    showFailure(byId("failure"), new api.Failure("No model is loaded: the server's log says why."));
    return;
  }
  choose(named, fields);
}

function choose(chosen, values) {
  model = chosen;
  const head = headOf(model);
  showModel(head);
  showFields(form, head.fields(model), { ...head.samples, ...values }, head.hint);
  form.hidden = !head.fields(model).length;
  ask(0);
}

function showModel(head) {
  const kind = element("p", { class: "note" }, `${head.title}, version ${model.version}`);
  const names = served.map(({ name }) => [name, name]);
  const select = labelledSelect("model-name", "Model", names, model.name, (name) => {
    choose(served.find((each) => each.name === name), {});
    byId("model-name").focus();
  });
  fill(byId("model"), served.length > 1 ? select : element("p", {}, model.name), kind);
  document.title = `${model.name} · Playground`;
}

function ask(pause) {
  const head = headOf(model);
  const values = fieldValues(form);
  writeAddress(model.name, values);
  newest.start(pause, (signal) => answer(head, values, signal));
}

async function answer(head, values, signal) {
  fill(byId("failure"));
  const ready = head.ready ?? ((given) => Object.values(given).every((text, i) => i > 0 || text.trim()));
  if (!ready(values)) {
    show({ summary: head.waiting ?? "Write something to ask the model.", nodes: [] }, null, head, values);
    await showPieces(model, values, signal).catch(() => {});
    return;
  }
  const section = byId("answer");
  section.setAttribute("aria-busy", "true");
  try {
    const asked = model;
    const rows = await api.predict(asked.name, head.instances(values), signal);
    show(head.show(rows, values, asked), rows, head, values);
    await showPieces(asked, values, signal);
  } catch (error) {
    if (!signal.aborted) clearFor(error);
  } finally {
    if (!signal.aborted) section.removeAttribute("aria-busy");
  }
}

function clearFor(error) {
  showFailure(byId("failure"), error);
  byId("status").textContent = "";
  fill(byId("answer"));
  prepareAttention(model, null);
  prepareAttributions(model, null);
}

function show({ summary, nodes }, rows, head, values) {
  fill(byId("status"), ...[summary].flat());
  fill(byId("answer"), ...nodes);
  const inputs = rows && (head.explainedInputs?.(values) ?? head.instances(values)[0]);
  const targets = rows ? head.targets(rows, values, model) : [];
  prepareAttention(model, rows && { inputs, target: targets[0]?.target ?? {} });
  prepareAttributions(model, rows && { inputs, targets });
}

start();
