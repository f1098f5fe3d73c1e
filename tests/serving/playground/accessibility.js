// Runs in the page: returns a sentence for everything that keeps somebody from reading or using it.
const complaints = [];
const visible = (element) => element.checkVisibility() && element.getClientRects().length > 0;

const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
ids.filter((id, i) => ids.indexOf(id) !== i).forEach((id) => complaints.push(`two elements have the id ${id}`));

if (!document.documentElement.lang) complaints.push("the page has no language");
if (document.querySelectorAll("h1").length !== 1) complaints.push("there is not one h1");
if (document.querySelectorAll("main").length !== 1) complaints.push("there is not one main");
let level = 0;
for (const heading of document.querySelectorAll("h1, h2, h3, h4")) {
  const own = Number(heading.tagName[1]);
  if (own > level + 1) complaints.push(`after h${level} comes h${own}: ${heading.textContent}`);
  level = own;
}
for (const header of document.querySelectorAll("th")) {
  if (!header.scope) complaints.push(`a table's heading has no scope: ${header.textContent}`);
}

const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
const luminance = ([r, g, b]) => {
  const linear = [r, g, b].map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
};
const ground = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const [r, g, b, alpha = 1] = channels(getComputedStyle(at).backgroundColor);
    if (alpha === 1) return [r, g, b];
    if (alpha > 0) complaints.push(`a half transparent ground: ${at.className}`);
  }
  return [255, 255, 255];
};
const contrast = (one, other) => {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
};
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
let texts = 0;
while (walker.nextNode()) {
  const parent = walker.currentNode.parentElement;
  if (!walker.currentNode.data.trim() || !visible(parent) || parent.closest("noscript")) continue;
  texts += 1;
  const style = getComputedStyle(parent);
  const size = parseFloat(style.fontSize);
  const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  const found = contrast(channels(style.color), ground(parent));
  if (found < (large ? 3 : 4.5)) complaints.push(`contrast ${found.toFixed(2)}: ${walker.currentNode.data.slice(0, 40)}`);
}
for (const control of document.querySelectorAll("textarea, select")) {
  const style = getComputedStyle(control);
  const found = contrast(channels(style.borderTopColor), ground(control.parentElement));
  if (found < 3) complaints.push(`a border of contrast ${found.toFixed(2)}: ${control.id}`);
}
if (texts < 10) complaints.push(`only ${texts} texts were looked at`);
if (document.documentElement.scrollWidth > innerWidth) complaints.push("the page is wider than the screen");
return complaints;
