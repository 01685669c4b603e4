// Completions side by side: a lane for each condition, task or seed, a row for each question.
"use strict";

(() => {
  const { element } = window.epm;
  const STEP = 100; // cards

  // what a lane may be, by the value of the form's field
  epm.LANES = {
    conditions: ["a column a condition", (row) => row.condition],
    tasks: ["a column a task", (row) => row.task],
    seeds: ["a column a seed", (row) => row.replicate],
  };

  // the same question of all lanes: their first answers to it, then their second ones
  const rowsOf = (rows, sorted, lane, shared) => {
    const counted = new Map();
    const place = new Map();
    for (const row of rows) {
      const of = shared(row);
      const within = JSON.stringify([lane(row), ...of]);
      const nth = (counted.get(within) || 0) + 1;
      counted.set(within, nth);
      place.set(row, JSON.stringify([...of, nth]));
    }
    const groups = new Map();
    for (const row of sorted) {
      const key = place.get(row);
      if (!groups.has(key)) groups.set(key, new Map());
      groups.get(key).set(lane(row), row);
    }
    return [...groups.values()];
  };

  // rows as they were found, and in the order that is asked for; returns nothing
  epm.sideBySide = (into, more, index, rows, sorted, kind, options) => {
    const [, lane] = epm.LANES[kind];
    const names = [...new Set(rows.map(lane))];
    const shared = {
      conditions: (row) => [row.task, row.item],
      tasks: (row) => [row.condition, row.item],
      seeds: (row) => [row.condition, row.task, row.item],
    }[kind];
    const groups = rowsOf(rows, sorted, lane, shared);
    const asked = (row) => row.prompt ?? index.tasks[row.task]?.items[row.item] ?? "";
    into.style.setProperty("--lanes", names.length);
    into.classList.add("lanes");
    into.replaceChildren();
    let shown = 0;
    const deal = (focus) => {
      let cards = 0;
      let first = null;
      while (shown < groups.length && (cards === 0 || cards + names.length <= STEP)) {
        const group = groups[shown];
        const [any] = group.values();
        const where = shared(any).filter((name) => name !== any.item);
        const head = element(
          "h2",
          { class: "asked" },
          asked(any),
          element("span", { class: "item" }, ` ${any.item} · ${where.join(" on ")}`),
        );
        const made = names.map((name) =>
          group.has(name)
            ? epm.card(index, group.get(name), { ...options, level: 3 })
            : element("p", { class: "note none" }, `${name}: no further answer`),
        );
        first ??= made.find((each) => each.matches(".card"));
        into.append(element("section", { class: "row" }, head, element("div", { class: "lane" }, ...made)));
        cards += names.length;
        shown += 1;
      }
      more.hidden = shown >= groups.length;
      more.textContent = `Show more of the ${(groups.length - shown).toLocaleString("en")} rows that are left`;
      if (focus) first?.focus();
    };
    more.onclick = () => deal(true);
    deal(false);
  };
})();
