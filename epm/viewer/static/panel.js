// The number panel: what a number of the page was written from, and the completions behind it.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const { element } = epm;
  const numbers = new Map((epm.given("numbers") || []).map((number) => [number.key, number]));
  const index = epm.given("samples");
  const body = document.getElementById("main");
  if (!document.querySelector("article.body") || !numbers.size) return;

  const panel = element("aside", { class: "panel", "aria-label": "Number", hidden: true });
  document.querySelector(".paged").append(panel);
  let opener = null;

  const links = (key) => [...body.querySelectorAll("[data-n]")].filter((each) => each.dataset.n === key);
  const open = (key) => epm.go(new URLSearchParams({ n: key }));
  const close = () => {
    history.pushState(null, "", location.href.split("#")[0]);
    show();
    opener?.focus();
  };

  // ---------------------------------------------------------------- one part

  const term = (name, ...about) => [element("dt", {}, name), element("dd", {}, ...about)];
  const plain = (number) => String(Number(number.toPrecision(6)));

  // a line may end after a slash or an underscore
  const breakable = (pointer) =>
    pointer.split(/(?<=[/_])/u).flatMap((step, at) => (at ? [element("wbr"), step] : [step]));

  const recount = (part) => {
    if (!part.found) {
      const said = part.n === null ? "" : `${plain(part.k || 0)} of ${part.n}. `;
      return element("p", { class: "recount none" }, `${said}No completions behind this: ${part.why}.`);
    }
    const again = part.counts
      ? `Counted again in the completions: ${part.found.yes} of ${part.found.scored}`
      : `Added up again over ${part.found.scored} completions: ${plain(part.found.total)}`;
    const lost = part.named === null ? "" : `, and ${part.found.lost} without a score`;
    const named = part.named === null ? "" : `, ${part.named} here`;
    const stored = part.agrees ? ", as stored." : `, but ${plain(part.k)} of ${part.n}${named} is stored.`;
    return element("p", { class: `recount ${part.agrees ? "agrees" : "differs"}` }, again + lost + stored);
  };

  const about = (number, part) => {
    const list = element("dl");
    if (number.parts.length > 1) list.append(...term("Part", element("b", {}, part.written)));
    list.append(
      ...term("What", part.words, element("br"), element("code", {}, ...breakable(part.pointer))),
      ...term("Stored", element("code", {}, part.stored.slice(0, 200)), `, written ${part.form}`),
    );
    if (part.formula) list.append(...term("Computed", part.formula));
    return list;
  };

  // ---------------------------------------------------------------- the completions

  const wanted = (part, which) => {
    const state = new URLSearchParams(part.fragment);
    state.set("v", { k: "yes", n: "scored" }[which] || which);
    return state;
  };

  const NAMES = {
    k: (size) => `the ${size} that were counted`,
    n: (size) => `all ${size}`,
    asked: (size) => `the ${size} asked`,
  };

  let turn = 0;
  const deal = async (state, into, more, count) => {
    const mine = ++turn;
    count.textContent = "Loading…";
    delete count.dataset.count;
    try {
      for await (const { rows, left } of epm.found(index, epm.meant(state))) {
        if (mine !== turn) return;
        if (left) continue;
        epm.dealt(into, more, index, rows, { metric: state.get("m"), level: 4 });
        count.textContent = `${rows.length.toLocaleString("en")} completions`;
        count.dataset.count = rows.length;
      }
    } catch (error) {
      if (mine === turn) count.textContent = `They cannot be shown: ${error.message}.`;
    }
  };

  const completions = (number) => {
    const cards = element("div", { class: "cards" });
    const more = element("button", { type: "button", hidden: true });
    const count = element("p", { class: "count", role: "status" });
    const buttons = new Map(); // by the state that each shows
    let first = null;
    const choice = (name, part, which, state) => {
      // two sets of one size are told apart by what the page says of them
      const alike = [...buttons.values()].some((each) => each.textContent === name);
      const label = alike ? `${name}, ${part.words}` : name;
      const button = element("button", { type: "button", "aria-pressed": "false" }, label);
      button.dataset.which = which;
      button.addEventListener("click", () => {
        for (const each of buttons.values()) each.setAttribute("aria-pressed", String(each === button));
        elsewhere.href = `samples.html#${state}`;
        deal(state, cards, more, count);
      });
      return button;
    };
    number.parts.forEach((part) => {
      if (!part.fragment || !index) return;
      const choices = part.counts ? [["k", part.k], ["n", part.n]] : [["n", part.n]];
      if (part.named !== null) choices.push([part.of, part.named]);
      for (const [which, size] of choices) {
        const state = wanted(part, which);
        const main = part.of === which || (!part.of && (which === "k" || !part.counts));
        if (!buttons.has(String(state))) {
          const name = NAMES[which] ? NAMES[which](size) : `the ${size} ${which.replace(":", ": ")}`;
          buttons.set(String(state), choice(`Show ${name}`, part, which, state));
        }
        if (main && !first) first = buttons.get(String(state));
      }
    });
    if (!first) return [];
    const elsewhere = element("a", { href: "samples.html" }, "Open in Samples");
    queueMicrotask(() => first.click());
    return [
      element("h3", {}, "Completions"),
      element("p", { class: "choices" }, ...buttons.values(), " ", elsewhere),
      count,
      cards,
      element("p", {}, more),
    ];
  };

  // ---------------------------------------------------------------- the panel

  const printed = (number) => {
    const places = number.places.map((place) => {
      const says = place.line ? `line ${place.line}` : "the title";
      const target = links(place.key);
      const same = number.places.filter((each) => each.key === place.key);
      const link = target[same.indexOf(place)] || target[0];
      const text = `${says}, as ${place.text}`;
      if (!link) return element("li", {}, text);
      const go = element("button", { type: "button", class: "quiet" }, text);
      go.addEventListener("click", () => {
        for (let fold = link.closest("details"); fold; fold = fold.parentElement.closest("details")) {
          fold.open = true;
        }
        link.scrollIntoView({ block: "center" });
        link.focus();
      });
      return element("li", {}, go);
    });
    const says = `Printed in ${places.length} place${places.length === 1 ? "" : "s"}`;
    return element("details", {}, element("summary", {}, says), element("ul", {}, ...places));
  };

  const show = () => {
    const number = numbers.get(epm.state().get("n") || "");
    turn += 1;
    for (const each of body.querySelectorAll(".n.here")) each.classList.remove("here");
    panel.hidden = !number;
    document.body.classList.toggle("with-panel", Boolean(number));
    if (!number) {
      panel.replaceChildren();
      return;
    }
    for (const each of links(number.key)) each.classList.add("here");
    const shut = element("button", { type: "button", class: "quiet close" }, "Close ", element("kbd", {}, "Esc"));
    shut.addEventListener("click", close);
    const head = element("h2", { tabindex: "-1" }, number.text);
    if (number.was) head.append(" ", element("span", { class: "pill warn" }, `rendered as ${number.was}`));
    panel.replaceChildren(shut, head);
    for (const part of number.parts) panel.append(about(number, part), recount(part));
    panel.append(printed(number), ...completions(number));
    panel.scrollTop = 0;
    head.focus();
  };

  body.addEventListener("click", (event) => {
    const link = event.target instanceof Element && event.target.closest("[data-n]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    opener = link;
    open(link.dataset.n);
  });
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });
  window.addEventListener("hashchange", show);
  window.addEventListener("popstate", show);
  show();

  epm.key("Escape", "close the number's panel", () => !panel.hidden && close());
  const step = (by) => {
    const all = [...body.querySelectorAll("a.n")].filter((each) => each.checkVisibility());
    const here = all.indexOf(document.activeElement);
    const next = all[here < 0 ? 0 : Math.min(all.length - 1, Math.max(0, here + by))];
    next?.focus();
    return Boolean(next);
  };
  epm.key("j", "next number", () => step(1));
  epm.key("k", "previous number", () => step(-1));
});
