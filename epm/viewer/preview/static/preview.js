"use strict";
// Keeps the page as the file is: each look that the server sends replaces what differs from it.

const page = document.getElementById("page");
const bar = document.getElementById("bar");
const lost = document.getElementById("lost");

// Lines move with every edit above: a block that says the same is the same block.
const LINE = / data-line="\d+"/g;
const said = (node) => (node.outerHTML ?? node.data).replace(LINE, "");
const told = new WeakMap();
const key = (node) => {
  if (!told.has(node)) told.set(node, said(node));
  return told.get(node);
};

function parsed(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return [...template.content.childNodes];
}

/** Put new nodes in the place of the old ones of a parent, keeping those that say the same. */
function replaceIn(parent, nodes) {
  nodes.forEach(key); // before a reader can unfold them
  const old = [...parent.childNodes];
  let first = 0;
  while (first < old.length && first < nodes.length && key(old[first]) === key(nodes[first])) first++;
  let last = 0;
  while (last < Math.min(old.length, nodes.length) - first && key(old.at(-1 - last)) === key(nodes.at(-1 - last))) last++;
  for (let at = 0; at < first; at++) renumber(old[at], nodes[at]);
  for (let at = 1; at <= last; at++) renumber(old.at(-at), nodes.at(-at));
  const gone = old.slice(first, old.length - last);
  const come = nodes.slice(first, nodes.length - last);
  keepOpen(gone, come);
  const end = old[old.length - last] ?? null;
  gone.forEach((node) => node.remove());
  come.forEach((node) => parent.insertBefore(node, end));
}

function renumber(old, now) {
  if (!old.querySelectorAll || old.outerHTML === now.outerHTML) return;
  const pairs = [[old, now]];
  const inner = [...now.querySelectorAll("[data-line]")];
  old.querySelectorAll("[data-line]").forEach((node, at) => pairs.push([node, inner[at]]));
  for (const [mine, theirs] of pairs) if (theirs?.dataset.line) mine.dataset.line = theirs.dataset.line;
}

/** What a reader has unfolded stays unfolded. */
function keepOpen(gone, come) {
  const all = (nodes, what) => nodes.flatMap((node) => (node.matches ? [...(node.matches(what) ? [node] : []), ...node.querySelectorAll(what)] : []));
  const name = (node) => node.querySelector("summary")?.textContent;
  const open = new Map();
  for (const node of all(gone, "details")) {
    const states = open.get(name(node)) ?? [];
    open.set(name(node), [...states, node.open]);
  }
  for (const node of all(come, "details")) {
    const state = open.get(name(node))?.shift();
    if (state !== undefined) node.open = state;
  }
}

function show(look) {
  const top = bar.getBoundingClientRect().bottom;
  const blocks = [...page.children];
  const inView = blocks.findIndex((node) => node.getBoundingClientRect().bottom > Math.max(0, top));
  const places = window.scrollY > 0 ? blocks.slice(Math.max(0, inView)).map((node) => [node, node.getBoundingClientRect().top]) : [];
  const focused = document.activeElement?.id;
  document.title = look.title;
  replaceIn(bar, parsed(look.bar));
  replaceIn(page, parsed(look.page));
  if (focused && document.activeElement === document.body) document.getElementById(focused)?.focus({ preventScroll: true });
  // what the reader looks at stays where it is, whatever comes or goes above
  const stays = places.find(([node]) => node.isConnected);
  if (stays) window.scrollBy({ top: stays[0].getBoundingClientRect().top - stays[1], behavior: "instant" });
}

[...bar.childNodes, ...page.childNodes].forEach(key);

let events;
function follow() {
  const source = new EventSource(`events?after=${encodeURIComponent(document.body.dataset.look)}`);
  source.onopen = () => { lost.hidden = true; };
  source.onerror = () => { lost.hidden = false; };
  source.onmessage = (event) => {
    lost.hidden = true;
    document.body.dataset.look = event.lastEventId;
    show(JSON.parse(event.data));
  };
  return source;
}
// a page that the browser has put aside, or brings back, holds no connection
window.addEventListener("pageshow", () => { if (!events) events = follow(); });
window.addEventListener("pagehide", () => { events?.close(); events = undefined; });

function step(by) {
  const marks = [...page.querySelectorAll(".margin")];
  if (!marks.length) return;
  const at = marks.indexOf(document.activeElement);
  const next = marks[(at < 0 ? (by > 0 ? 0 : marks.length - 1) : at + by + marks.length) % marks.length];
  for (let node = next.parentElement; node; node = node.parentElement) if (node.tagName === "DETAILS") node.open = true;
  next.focus();
}
bar.addEventListener("click", (event) => {
  if (event.target.id === "on") step(1);
  if (event.target.id === "back") step(-1);
});
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "n") step(1);
  if (event.key === "p") step(-1);
});
