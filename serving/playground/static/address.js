// What was typed stands in the address, after #: so that it can be kept and sent. A browser tells it to no server.

/** Returns the model's name and the fields that the address holds: {model, fields: {name: text}}. */
export function readAddress() {
  const fields = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  const { model = null, ...rest } = fields;
  return { model, fields: rest };
}

/** Writes them into the address, without a new entry in the history. */
export function writeAddress(model, fields) {
  const written = new URLSearchParams({ model, ...fields }).toString();
  if (written !== location.hash.slice(1)) history.replaceState(null, "", `#${written}`);
}
