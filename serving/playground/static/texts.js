// Texts by code points, as the server counts characters, and the direction in which they are written.

const RIGHT_TO_LEFT = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}]/u;

/** Returns the direction of the first letter of some texts: "rtl" or "ltr". */
export function direction(...texts) {
  const letter = texts.join(" ").match(/\p{L}/u);
  return letter && RIGHT_TO_LEFT.test(letter[0]) ? "rtl" : "ltr";
}

/**
 * Cuts a text at spans.
 * @param {string} text
 * @param {{start: number, end: number}[]} spans - code points, in order, none over another.
 * @returns {{text: string, span: Object|null}[]} the whole text in stretches, with the span that each is.
 */
export function stretches(text, spans) {
  const points = Array.from(text);
  const found = [];
  let done = 0;
  for (const span of spans) {
    if (span.start > done) found.push({ text: points.slice(done, span.start).join(""), span: null });
    found.push({ text: points.slice(span.start, span.end).join(""), span });
    done = span.end;
  }
  if (done < points.length) found.push({ text: points.slice(done).join(""), span: null });
  return found;
}

/** Returns a number with a sign that screen readers know. */
export function signed(number, digits = 2) {
  const shown = Math.abs(number).toFixed(digits);
  if (Number(shown) === 0) return shown;
  return (number < 0 ? "−" : "+") + shown;
}
