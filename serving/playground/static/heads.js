// Which kind of model is shown how. The modules have the same exports:
//   title, fields(model), samples: what stands in the form at first; hint, if something has to be known;
//   ready(values) and waiting: whether there is something to ask, and what is said if not;
//   instances(values): the rows that the REST interface is asked;
//   show(rows, values, model): {summary: one sentence, or its parts; nodes: what is seen};
//   targets(rows, values, model): [{name, target}], what attributions can be about;
//   explainedInputs(values): the row whose pieces are explained, if it is not the first instance.

import * as answer from "./heads/answer.js";
import * as choose from "./heads/choose.js";
import * as classify from "./heads/classify.js";
import * as embed from "./heads/embed.js";
import * as entities from "./heads/entities.js";
import * as fill_mask from "./heads/fill_mask.js";
import * as generate from "./heads/generate.js";
import * as regress from "./heads/regress.js";
import * as unknown from "./heads/unknown.js";

const HEADS = { answer, choose, classify, embed, entities, fill_mask, generate, regress };

/** Returns the module for a model, as `api.models` describes it. */
export function headOf(model) {
  return HEADS[model.kind] ?? unknown;
}
