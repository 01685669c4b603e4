// Completions that a state of the screen means, loaded as they are needed, one card each.
"use strict";

(() => {
  const { element } = window.epm;
  const STEP = 100;

  // ---------------------------------------------------------------- what is meant

  // c, t, r, i: conditions, tasks, replicates, items; p: pairs of condition and task;
  // m, v: a metric and which of its scores; q: words; s: one completion
  epm.meant = (state) => ({
    conditions: new Set(state.getAll("c")),
    tasks: new Set(state.getAll("t")),
    pairs: new Set(state.getAll("p")),
    replicates: new Set(state.getAll("r")),
    items: new Set(state.getAll("i")),
    metric: state.get("m") || "",
    score: state.get("v") || "",
    words: (state.get("q") || "").toLowerCase(),
    single: state.get("s") || "",
  });

  const pair = (condition, task) => `${encodeURIComponent(condition)}/${encodeURIComponent(task)}`;
  const isOf = (names, name) => names.size === 0 || names.has(name);
  const isCheckpoint = (replicate) => /(^|,)step=/.test(replicate);
  const SCORES = {
    "": () => true,
    yes: (score) => score === true,
    no: (score) => score === false,
    scored: (score) => typeof score === "boolean" || typeof score === "number",
    lost: (score) => typeof score === "string",
    asked: (score) => score !== null && score !== undefined,
  };
  // a score that is lost is its reason: `lost:refused`
  const scoresOf = (name) => {
    const reason = name.startsWith("lost:") ? name.slice(5) : null;
    return reason === null ? SCORES[name] || SCORES[""] : (score) => score === reason;
  };

  epm.permalink = (row) =>
    [row.condition, row.task, row.item, row.replicate, row.index].map(encodeURIComponent).join("/");

  const matches = (meant, row) => {
    if (meant.single) return epm.permalink(row) === meant.single;
    return (
      isOf(meant.conditions, row.condition) &&
      isOf(meant.tasks, row.task) &&
      (meant.pairs.size === 0 || meant.pairs.has(pair(row.condition, row.task))) &&
      (meant.replicates.size ? meant.replicates.has(row.replicate) : !isCheckpoint(row.replicate)) &&
      isOf(meant.items, row.item) &&
      (!meant.metric || scoresOf(meant.score)(row.scores[meant.metric])) &&
      (!meant.words || row.text.toLowerCase().includes(meant.words))
    );
  };

  // ---------------------------------------------------------------- loading

  // a character stands for a word; in the order of epm/viewer/data/vocabulary.py
  const range = (from, to) => Array.from({ length: to - from }, (_, at) => from + at);
  const CODES = [...range(0x23, 0x5c), ...range(0x5d, 0x7f), ...range(0xa1, 0xd800)];
  const PLACES = new Uint16Array(0xd800);
  CODES.forEach((code, place) => (PLACES[code] = place));
  const spelled = (words, text) => {
    const parts = new Array(text.length);
    for (let at = 0; at < text.length; at++) parts[at] = words[PLACES[text.charCodeAt(at)]];
    return parts.join("");
  };

  const loaded = new Map();

  const rowsOf = (index, number, base) => {
    const key = `${base}${number}`;
    if (!loaded.has(key)) {
      const wanted = epm
        .load(`${base}samples/${number}.js`, `shard ${index.run} ${number}`)
        .then(epm.unpacked)
        .then(({ condition, rows, words, texts }) =>
          rows.map(([task, item, replicate, at, tokens, finish, prompt, scores], place) => ({
            ...{ condition, task, item, replicate, index: at, tokens, finish, prompt },
            text: words ? spelled(words, texts[place]) : texts[place],
            scores: Object.fromEntries(
              index.metrics.map(({ name }, nth) => [name, scores[nth]]),
            ),
          })),
        );
      wanted.catch(() => loaded.delete(key));
      loaded.set(key, wanted);
    }
    return loaded.get(key);
  };

  const mayHold = (meant, shard) => {
    const [condition, task] = meant.single ? meant.single.split("/").map(decodeURIComponent) : [];
    if (meant.single) return shard.condition === condition && shard.tasks.includes(task);
    return (
      isOf(meant.conditions, shard.condition) &&
      shard.tasks.some(
        (each) =>
          isOf(meant.tasks, each) &&
          (meant.pairs.size === 0 || meant.pairs.has(pair(shard.condition, each))),
      )
    );
  };

  // yields all rows that were found so far, each time a shard has been read
  epm.found = async function* found(index, meant, base = "") {
    const rows = [];
    const wanted = index.shards.flatMap((shard, number) => (mayHold(meant, shard) ? [number] : []));
    for (const [at, number] of wanted.entries()) {
      for (const row of await rowsOf(index, number, base)) if (matches(meant, row)) rows.push(row);
      yield { rows, left: wanted.length - at - 1 };
    }
    if (!wanted.length) yield { rows, left: 0 };
  };

  // ---------------------------------------------------------------- one card

  // a score as people read it
  epm.scored = (score) => {
    if (score === true) return "yes";
    if (score === false) return "no";
    return typeof score === "number" ? String(Number(score.toPrecision(6))) : `lost: ${score}`;
  };

  const badges = (index, row, metric) =>
    index.metrics
      .filter(({ name }) => row.scores[name] !== null && row.scores[name] !== undefined)
      .map(({ name, label }) => {
        const score = epm.scored(row.scores[name]);
        const kind = typeof row.scores[name] === "string" ? "lost" : score;
        const main = name === metric ? " main" : "";
        return element("span", { class: `score ${kind}${main}`, title: label }, `${name}: ${score}`);
      });

  const place = (row) => `${row.condition} on ${row.task}, ${row.item}, ${row.replicate} #${row.index}`;

  const pointer = (row, metric) => {
    const step = (name) =>
      name.replaceAll("~", "~0").replaceAll("/", "~1").replaceAll(" ", "~2");
    const steps = [row.condition, row.task, metric, row.replicate, "items", row.item];
    return `/measurements/${steps.map(step).join("/")}`;
  };

  const copy = async (text, button) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = element("textarea", { "aria-hidden": "true", class: "offscreen" });
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy quote"), 2000);
  };

  epm.quote = (index, row, metric) => {
    const scores = badges(index, row, metric).map((each) => each.textContent);
    const scored = metric || (index.metrics[0] || {}).name;
    const pointed = scored ? [pointer(row, scored)] : [];
    return epm.quoted(row.text, [`${index.run}: ${place(row)}`, ...scores, ...pointed]);
  };

  const prompt = (index, row) => {
    const task = index.tasks[row.task] || { items: {} };
    const asked = row.prompt ?? task.items[row.item] ?? "";
    const parts = [];
    if (task.system && row.prompt === null) {
      parts.push(element("b", {}, "system"), epm.shown(task.system));
    }
    if (asked) parts.push(element("b", {}, "prompt"), epm.shown(asked));
    return { asked, details: parts.length ? parts : null };
  };

  // what is marked in a text: the words that are searched, else what its metric counted it for
  const compiled = new Map();
  const pattern = (source, flags) => {
    const key = `${flags} ${source}`;
    if (!compiled.has(key)) {
      try {
        compiled.set(key, new RegExp(source, flags));
      } catch {
        compiled.set(key, null);
      }
    }
    return compiled.get(key);
  };
  const sought = (index, row, metric, words) => {
    if (words) {
      const literal = words.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
      const found = pattern(literal, "giu");
      return found && { pattern: found, longest: Infinity, says: "searched for" };
    }
    const { seeks, label } = index.metrics.find(({ name }) => name === metric) || {};
    const found = seeks && row.scores[metric] === true && pattern(seeks.pattern, seeks.flags);
    return found ? { pattern: found, longest: seeks.longest, says: `counted as: ${label}` } : null;
  };

  const ended = (row) => {
    const tokens = row.tokens === null ? [] : [`${row.tokens} token${row.tokens === 1 ? "" : "s"}`];
    if (row.finish === "stop") return tokens;
    if (row.finish === "length") return [tokens.length ? `cut at ${tokens[0]}` : "cut at the limit"];
    return row.finish ? [...tokens, `ended: ${row.finish}`] : tokens;
  };

  epm.card = (index, row, { metric = "", blanks = false, words = "", base = "", level = 2 } = {}) => {
    const { asked, details } = prompt(index, row);
    const link = epm.permalink(row);
    const button = element("button", { type: "button", class: "quiet" }, "Copy quote");
    button.addEventListener("click", () => copy(epm.quote(index, row, metric), button));
    const odd = epm.unusual(row.text);
    const card = element(
      "article",
      { class: "card", "aria-label": place(row), "data-s": link, tabindex: "-1" },
      element(
        `h${level}`,
        {},
        element("span", { class: "who" }, row.condition),
        element("span", { class: "on" }, ` on ${row.task}`),
      ),
      element(
        "p",
        { class: "asked", title: asked },
        asked ? `${asked} ` : "",
        element("span", { class: "item" }, row.item),
      ),
      element("p", { class: "badges" }, ...badges(index, row, metric)),
      epm.shown(row.text, blanks, sought(index, row, metric, words)),
    );
    if (row.text === "") card.append(element("p", { class: "note" }, "(empty)"));
    if (odd.size) {
      const named = [...odd].slice(0, 6).join(" ");
      const more = odd.size > 6 ? ` and ${odd.size - 6} more` : "";
      card.append(element("p", { class: "note" }, `unusual characters: ${named}${more}`));
    }
    if (details) {
      card.append(element("details", {}, element("summary", {}, "Prompt as sent"), ...details));
    }
    const facts = [row.replicate, `#${row.index}`, ...ended(row)];
    card.append(
      element(
        "footer",
        {},
        element("span", {}, facts.join(" · ")),
        element("a", { href: `${base}samples.html#s=${encodeURIComponent(link)}` }, "Permalink"),
        button,
      ),
    );
    return card;
  };

  // ---------------------------------------------------------------- many cards

  // shows some, and the rest when asked for; returns how to show more
  epm.dealt = (into, more, index, rows, options) => {
    into.classList.remove("lanes");
    into.replaceChildren();
    let shown = 0;
    const deal = (focus) => {
      const next = rows.slice(shown, shown + STEP).map((row) => epm.card(index, row, options));
      into.append(...next);
      shown += next.length;
      more.hidden = shown >= rows.length;
      more.textContent = `Show ${Math.min(STEP, rows.length - shown)} more of ${rows.length - shown}`;
      if (focus && next.length) next[0].focus();
    };
    more.onclick = () => deal(true);
    deal(false);
  };
})();
