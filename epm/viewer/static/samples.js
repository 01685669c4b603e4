// The samples screen: a form that is the fragment, and the cards that it means.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const index = epm.given("samples");
  const form = document.getElementById("filters");
  const count = document.getElementById("count");
  const cards = document.getElementById("cards");
  const more = document.getElementById("more");
  if (!index || !form) return;
  form.before(...index.notices.map((line) => epm.element("p", { class: "notice warn" }, line)));

  const FIRST = 12; // cards that are shown while the rest is loaded
  const SEVERAL = "\u0000several";
  const ORDERS = {
    "": "condition, task, item, seed",
    item: "question, all conditions to each",
    seed: "seed",
    up: "score, lowest first",
    down: "score, highest first",
    short: "length, shortest first",
    long: "length, longest first",
  };

  // ---------------------------------------------------------------- the form

  const steps = index.replicates.some((name) => /(^|,)step=/.test(name));
  const lanes = {
    conditions: index.conditions.length,
    tasks: Object.keys(index.tasks).length,
    seeds: index.replicates.length,
  };
  const items = [...new Set(Object.values(index.tasks).flatMap((task) => Object.keys(task.items)))];
  const options = {
    c: ["all conditions", index.conditions.map((name) => [name, name])],
    t: ["all tasks", Object.keys(index.tasks).map((name) => [name, name])],
    i: ["all items", items.map((name) => [name, name])],
    r: [steps ? "all, checkpoints aside" : "all", index.replicates.map((name) => [name, name])],
    m: ["none", index.metrics.map(({ name, label }) => [name, label])],
    v: [
      "any",
      [
        ["yes", "yes"],
        ["no", "no"],
        ["scored", "scored"],
        ["lost", "lost: no score"],
        ["asked", "scored or lost"],
      ],
    ],
    o: [ORDERS[""], Object.entries(ORDERS).filter(([name]) => name)],
    k: [
      "as many as fit",
      [
        ["1", "1"],
        ["2", "2"],
        ["3", "3"],
        ["4", "4"],
        ...Object.entries(epm.LANES)
          .filter(([kind]) => lanes[kind] > 1)
          .map(([kind, [says]]) => [kind, says]),
      ],
    ],
  };
  for (const [name, [none, choices]] of Object.entries(options)) {
    form.elements[name].append(
      epm.element("option", { value: "" }, none),
      ...choices.map(([value, label]) => epm.element("option", { value }, label)),
    );
  }

  const fill = (state) => {
    for (const name of Object.keys(options)) {
      const select = form.elements[name];
      const values = state.getAll(name);
      select.querySelector(`option[data-several]`)?.remove();
      if (values.length === 1 && ![...select.options].some((each) => each.value === values[0])) {
        const says = values[0].replace(/^lost:/, "lost: ");
        select.append(epm.element("option", { value: values[0] }, says));
      }
      const several = values.length > 1 || ("ct".includes(name) && state.has("p"));
      if (several) {
        const says = values.length ? `${values.length} of them` : "pairs";
        select.append(epm.element("option", { value: SEVERAL, "data-several": true }, says));
      }
      select.value = several ? SEVERAL : (values[0] ?? "");
    }
    form.elements.q.value = state.get("q") || "";
    form.elements.w.checked = state.has("w");
  };

  const changed = (event) => {
    const state = epm.state();
    const field = event.target;
    state.delete("s");
    if (field.value === SEVERAL) return;
    if (field.name === "c" || field.name === "t") state.delete("p");
    const value = field.type === "checkbox" ? (field.checked ? "1" : "") : field.value;
    state.delete(field.name);
    if (value) state.set(field.name, value);
    const byScore = field.name === "v" ? value : field.name === "o" && ["up", "down"].includes(value);
    if (byScore && !state.get("m") && index.metrics.length) {
      state.set("m", index.metrics[0].name);
    }
    epm.go(state, field.name === "q");
    if (field.name === "q") show();
  };
  form.addEventListener("change", (event) => event.target.name !== "q" && changed(event));
  let typed;
  form.elements.q.addEventListener("input", (event) => {
    clearTimeout(typed);
    typed = setTimeout(() => changed(event), 150);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("clear").addEventListener("click", () => epm.go(new URLSearchParams()));

  // ---------------------------------------------------------------- where to begin

  const marked = document.getElementById("marked");
  const looks = document.getElementById("looks");
  const look = (says, state) => epm.element("a", { href: `#${new URLSearchParams(state)}` }, says);
  const [task] = Object.keys(index.tasks);
  const [item] = Object.keys(index.tasks[task]?.items || {});
  const [main] = index.metrics;
  if (item && lanes.conditions > 1) {
    looks.append(look("One question, all conditions side by side", { t: task, i: item, k: "conditions" }));
  }
  if (item && lanes.seeds > 1) {
    looks.append(look("One question, seed by seed", { t: task, i: item, k: "seeds" }));
  }
  if (main) looks.append(look(`Counted: ${main.label}`, { m: main.name, v: "yes" }));
  if (main) looks.append(look(`Not counted: ${main.label}`, { m: main.name, v: "no" }));

  // ---------------------------------------------------------------- the cards

  const score = (row, metric) => {
    const value = row.scores[metric];
    return typeof value === "boolean" || typeof value === "number" ? Number(value) : -Infinity;
  };
  const at = (names) => {
    const order = new Map(names.map((name, place) => [name, place]));
    return (name) => order.get(name);
  };
  const itemAt = at(items);
  const seedAt = at(index.replicates);
  // the first answers of all conditions to an item, then the second ones
  const sideBySide = (rows) => {
    const counted = new Map();
    const nth = new Map();
    for (const row of rows) {
      const place = JSON.stringify([row.condition, row.task, row.item]);
      counted.set(place, (counted.get(place) || 0) + 1);
      nth.set(row, counted.get(place));
    }
    return [...rows].sort((a, b) => itemAt(a.item) - itemAt(b.item) || nth.get(a) - nth.get(b));
  };
  const compared = {
    seed: (a, b) => seedAt(a.replicate) - seedAt(b.replicate),
    up: (a, b, metric) => score(a, metric) - score(b, metric),
    down: (a, b, metric) => score(b, metric) - score(a, metric),
    short: (a, b) => a.text.length - b.text.length,
    long: (a, b) => b.text.length - a.text.length,
  };
  const sorted = (rows, order, metric) => {
    if (order === "item") return sideBySide(rows);
    const by = compared[order];
    return by ? [...rows].sort((a, b) => by(a, b, metric)) : rows;
  };

  let turn = 0;
  const show = async () => {
    const mine = ++turn;
    const state = epm.state();
    const meant = epm.meant(state);
    const metric = meant.metric || (index.metrics[0] || {}).name || "";
    fill(state);
    const kind = state.get("k") || "";
    const asLanes = Object.hasOwn(epm.LANES, kind);
    cards.dataset.columns = asLanes ? "" : kind;
    const options = { metric, blanks: state.has("w"), words: meant.words };
    const { seeks, label } = index.metrics.find(({ name }) => name === metric) || {};
    marked.textContent = seeks && !meant.words ? `Marked in the texts: what was counted as “${label}”.` : "";
    looks.hidden = Boolean(String(state));
    let early = false;
    count.textContent = "Loading…";
    count.dataset.count = "";
    try {
      for await (const { rows, left } of epm.found(index, meant)) {
        if (mine !== turn) return;
        if (left && !asLanes && !state.get("o") && rows.length && !early) {
          epm.dealt(cards, more, index, rows.slice(0, FIRST), options);
          early = true;
        }
        if (left) {
          count.textContent = `${rows.length.toLocaleString("en")} so far, ${left} parts to go…`;
          continue;
        }
        const whole = index.shards.reduce((sum, { n }) => sum + n, 0);
        const inOrder = sorted(rows, state.get("o"), metric);
        if (asLanes) epm.sideBySide(cards, more, index, rows, inOrder, kind, options);
        else epm.dealt(cards, more, index, inOrder, options);
        count.textContent = `${rows.length.toLocaleString("en")} of ${whole.toLocaleString("en")} completions`;
        count.dataset.count = rows.length;
        if (!rows.length) cards.replaceChildren(epm.element("p", { class: "notice" }, "No completion is like that: change or clear a filter."));
      }
    } catch (error) {
      if (mine === turn) count.textContent = `These completions cannot be shown: ${error.message}.`;
    }
  };
  window.addEventListener("hashchange", show);
  show();

  // ---------------------------------------------------------------- keys

  const step = (by) => {
    const all = [...cards.querySelectorAll(".card")];
    const here = all.indexOf(document.activeElement?.closest(".card"));
    const next = all[here < 0 ? 0 : here + by];
    if (next) next.focus();
    else if (by > 0 && !more.hidden) more.click();
    return Boolean(next);
  };
  epm.key("/", "search the texts", () => form.elements.q.focus());
  epm.key("j", "next card", () => step(1));
  epm.key("k", "previous card", () => step(-1));
  const within = (selector) => () => {
    const found = document.activeElement?.closest(".card")?.querySelector(selector);
    if (!found) return false;
    found.click();
    return true;
  };
  epm.key("y", "copy the card as a quote", within("footer button"));
  epm.key("o", "the prompt of the card", within("summary"));
});
