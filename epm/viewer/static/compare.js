// Two runs: only what differs, settings first, then numbers, then completions of one place.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const { element } = epm;
  const form = document.getElementById("pair");
  const said = document.getElementById("said");
  const into = document.getElementById("compared");
  if (!form) return;
  const STEP = 25;

  const keys = [...form.elements.a.options].map((option) => option.value);
  const base = (key) => `r/${key}/`;
  const indices = new Map();

  // all runs name their index alike: one after the other, however fast a reader turns
  let before = Promise.resolve();
  const indexOf = (key) => {
    if (!indices.has(key)) {
      const wanted = before.then(() => epm.load(`${base(key)}samples/index.js`, "samples"));
      wanted.catch(() => indices.delete(key));
      before = wanted.catch(() => {});
      indices.set(key, wanted);
    }
    return indices.get(key);
  };

  const table = (head, rows) =>
    element(
      "div",
      { class: "scroll", tabindex: "0" },
      element(
        "table",
        {},
        element("thead", {}, element("tr", {}, ...head.map((name) => element("th", { scope: "col" }, name)))),
        element("tbody", {}, ...rows.map((cells) => element("tr", {}, ...cells))),
      ),
    );
  const long = (head, rows, most) => {
    if (!rows.length) return [element("p", {}, "None.")];
    const shown = table(head, rows.slice(0, most));
    if (rows.length <= most) return [shown];
    const more = element("button", { type: "button" }, `Show all ${rows.length}`);
    more.addEventListener("click", () => {
      shown.replaceWith(table(head, rows));
      more.remove();
    });
    return [shown, more];
  };
  // what one of the two has alone is no difference in value
  const folded = (what, head, rows) =>
    rows.length
      ? [
          element(
            "details",
            {},
            element("summary", {}, `${rows.length} ${rows.length === 1 ? what.slice(0, -1) : what} that only one of them has`),
            ...long(head, rows, 60),
          ),
        ]
      : [];
  const cell = (...content) => element("td", {}, ...content);
  const names = (object) => Object.keys(object);
  const union = (a, b) => [...new Set([...a, ...b])];

  // ---------------------------------------------------------------- settings

  const settings = (a, b) => {
    const [of, other] = [a, b].map((run) => new Map(Object.entries(run.settings)));
    const all = union([...of.keys()], [...other.keys()]);
    const differ = all.filter((name) => of.get(name) !== other.get(name));
    const row = (name) => [
      element("th", { scope: "row" }, name),
      cell(of.get(name) ?? "–"),
      cell(other.get(name) ?? "–"),
    ];
    const inBoth = differ.filter((name) => of.has(name) && other.has(name));
    const inOne = differ.filter((name) => !inBoth.includes(name));
    const head = ["Setting", a.key, b.key];
    const same = `${all.length - differ.length} of ${all.length} settings are the same.`;
    return [
      element("h2", {}, "Settings that differ"),
      ...long(head, inBoth.map(row), 30),
      ...folded("settings", head, inOne.map(row)),
      element("p", { class: "note" }, same),
    ];
  };

  // ---------------------------------------------------------------- numbers

  const plain = (value) => String(Number(value.toPrecision(4)));
  const written = (number) => {
    if (!number) return "–";
    if (number.text) return number.text;
    const interval =
      number.lower === undefined ? "" : ` [${plain(number.lower)}, ${plain(number.upper)}]`;
    return plain(number.value) + interval;
  };
  const relation = (one, other) => {
    if (!one || !other) return "only in one";
    if (one.lower === undefined || other.lower === undefined) return "no intervals";
    return one.upper < other.lower || other.upper < one.lower ? "apart" : "overlap";
  };
  const ORDER = ["apart", "overlap", "no intervals", "only in one"];

  const numbers = (a, b) => {
    const [of, other] = [a, b].map((run) => new Map(run.numbers.map((each) => [each.name, each])));
    const all = union([...of.keys()], [...other.keys()]);
    const differ = all
      .filter((name) => written(of.get(name)) !== written(other.get(name)))
      .map((name) => ({ name, of: of.get(name), other: other.get(name) }))
      .map((row) => ({ ...row, relation: relation(row.of, row.other) }))
      .sort((x, y) => ORDER.indexOf(x.relation) - ORDER.indexOf(y.relation));
    const cells = (row) => [
      element("th", { scope: "row" }, row.name),
      cell(written(row.of)),
      cell(written(row.other)),
      cell(element("span", { class: `relation ${row.relation.split(" ")[0]}` }, row.relation)),
    ];
    const inBoth = differ.filter((row) => row.of && row.other);
    const inOne = differ.filter((row) => !row.of || !row.other);
    const head = ["Number", a.key, b.key, "95% intervals"];
    return [
      element("h2", {}, "Numbers that differ"),
      ...long(head, inBoth.map(cells), 60),
      ...folded("numbers", head, inOne.map(cells)),
      element("p", { class: "note" }, `${all.length - differ.length} of ${all.length} numbers are the same.`),
    ];
  };

  // ---------------------------------------------------------------- completions

  const place = (row) => JSON.stringify([row.condition, row.task, row.item, row.replicate, row.index]);
  const last = async (index, meant, from) => {
    let found = [];
    for await (const { rows } of epm.found(index, meant, from)) found = rows;
    return found;
  };
  const scores = (row) => Object.entries(row.scores).filter(([, score]) => score !== null);
  const sameScores = (x, y) => JSON.stringify(scores(x)) === JSON.stringify(scores(y));

  const pairOf = (one, other, runs) => {
    const texts = epm.different(one.text, other.text);
    const sides = [one, other].map((row, at) =>
      element(
        "div",
        { class: "side" },
        element("p", { class: "note" }, runs[at].key),
        element(
          "p",
          { class: "badges" },
          ...scores(row).map(([name, score]) => element("span", { class: "score" }, `${name}: ${epm.scored(score)}`)),
        ),
        texts[at],
        element(
          "a",
          { href: `${base(runs[at].key)}samples.html#s=${encodeURIComponent(epm.permalink(row))}` },
          "Permalink",
        ),
      ),
    );
    const says = `${one.condition} on ${one.task}, ${one.item}, ${one.replicate} #${one.index}`;
    return element(
      "article",
      { class: "pair", "aria-label": says, tabindex: "-1" },
      element("h3", {}, says),
      element("div", { class: "sides" }, ...sides),
    );
  };

  const completions = async (a, b, mine) => {
    const missing = [a, b].filter((run) => run.completions);
    const head = element("h2", {}, "Completions of the same place");
    if (missing.length) {
      const why = missing.map((run) => `${run.key}: ${run.completions}`).join("; ");
      return [head, element("p", { class: "notice" }, `They cannot be paired. ${why}.`)];
    }
    const [first, second] = [await indexOf(a.key), await indexOf(b.key)];
    const both = (x, y) => x.filter((name) => y.includes(name));
    const conditions = both(first.conditions, second.conditions);
    const tasks = both(names(first.tasks), names(second.tasks));
    if (!conditions.length || !tasks.length || mine !== turn) {
      return [head, element("p", { class: "notice" }, "They have no condition and task in common.")];
    }
    const select = (name, values) =>
      element("select", { name }, ...values.map((value) => element("option", {}, value)));
    const which = element(
      "form",
      { class: "filters", id: "place" },
      element("label", {}, "Condition ", select("c", conditions)),
      element("label", {}, "Task ", select("t", tasks)),
    );
    const count = element("p", { class: "count", id: "pairs", role: "status" });
    const list = element("div", { class: "pairs" });
    const more = element("button", { type: "button", hidden: true }, "Show more");
    const show = async () => {
      const state = epm.state();
      which.elements.c.value = state.get("c") || conditions[0];
      which.elements.t.value = state.get("t") || tasks[0];
      const meant = epm.meant(
        new URLSearchParams({ c: which.elements.c.value, t: which.elements.t.value }),
      );
      count.textContent = "Loading…";
      delete count.dataset.count;
      const one = await last(first, meant, base(a.key));
      const other = new Map((await last(second, meant, base(b.key))).map((row) => [place(row), row]));
      const paired = one.filter((row) => other.has(place(row)));
      const differ = paired.filter((row) => {
        const twin = other.get(place(row));
        return row.text !== twin.text || !sameScores(row, twin);
      });
      count.textContent = `${differ.length} of ${paired.length} pairs differ`;
      count.dataset.count = differ.length;
      list.replaceChildren();
      let shown = 0;
      const deal = () => {
        const next = differ.slice(shown, shown + STEP);
        list.append(...next.map((row) => pairOf(row, other.get(place(row)), [a, b])));
        shown += next.length;
        more.hidden = shown >= differ.length;
      };
      more.onclick = deal;
      deal();
    };
    which.addEventListener("change", () => {
      const state = epm.state();
      state.set("c", which.elements.c.value);
      state.set("t", which.elements.t.value);
      epm.go(state, true);
      show();
    });
    which.addEventListener("submit", (event) => event.preventDefault());
    await show();
    return [head, which, count, list, element("p", {}, more)];
  };

  // ---------------------------------------------------------------- both

  let turn = 0;
  const summaries = new Map();
  const summaryOf = async (key) => {
    if (!summaries.has(key)) {
      summaries.set(key, await epm.load(`${base(key)}summary.js`, `summary ${key}`));
    }
    return summaries.get(key);
  };
  const show = async () => {
    const mine = ++turn;
    const state = epm.state();
    const a = keys.includes(state.get("a")) ? state.get("a") : keys[0];
    const b = keys.includes(state.get("b")) ? state.get("b") : keys.find((key) => key !== a);
    form.elements.a.value = a;
    form.elements.b.value = b;
    said.textContent = "Loading…";
    delete said.dataset.done;
    into.replaceChildren();
    try {
      const [one, other] = [await summaryOf(a), await summaryOf(b)];
      if (mine !== turn) return;
      const without = [one, other].filter((run) => run.why);
      const [issue, second] = [a, b].map((key) => key.split("/")[0]);
      if (issue !== second) {
        const says = `They are of different experiments, ${issue} and ${second}: little of them can be compared.`;
        into.append(element("p", { class: "notice" }, says));
      }
      into.append(
        ...without.map((run) => element("p", { class: "notice warn" }, `${run.key}: ${run.why}`)),
        ...settings(one, other),
        ...numbers(one, other),
      );
      const paired = await completions(one, other, mine);
      if (mine !== turn) return;
      into.append(...paired);
      said.textContent = a === b ? "This is one run, twice." : "Only what differs is shown.";
      said.dataset.done = "yes";
    } catch (error) {
      if (mine === turn) said.textContent = `They cannot be compared: ${error.message}.`;
    }
  };
  const pick = () => epm.go(new URLSearchParams({ a: form.elements.a.value, b: form.elements.b.value }));
  form.addEventListener("change", pick);
  form.addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("swap").addEventListener("click", () => {
    const { a, b } = form.elements;
    [a.value, b.value] = [b.value, a.value];
    pick();
  });
  window.addEventListener("hashchange", show);
  show();

  const step = (by) => {
    const all = [...document.querySelectorAll(".pair")];
    const here = all.indexOf(document.activeElement?.closest(".pair"));
    const next = all[here < 0 ? 0 : here + by];
    next?.focus();
    return Boolean(next);
  };
  epm.key("j", "next pair", () => step(1));
  epm.key("k", "previous pair", () => step(-1));
});
