// The list of runs: find, and pick two to compare.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("find-runs");
  if (!form) return;
  const find = document.getElementById("find");
  const compare = document.getElementById("compare");
  const found = document.getElementById("found");
  const rows = [...document.querySelectorAll("table.runs tbody tr")];
  form.hidden = false;

  const show = () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      shown += row.hidden ? 0 : 1;
    }
    found.textContent = words.length ? `${shown} of ${rows.length}` : "";
  };
  const ticked = () => rows.flatMap((row) => [...row.querySelectorAll("input:checked")]);
  const tick = () => {
    compare.disabled = ticked().length !== 2;
  };

  find.value = epm.state().get("q") || "";
  find.addEventListener("input", () => {
    epm.go(find.value ? new URLSearchParams({ q: find.value }) : "", true);
    show();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  document.querySelector("table.runs").addEventListener("change", tick);
  compare.addEventListener("click", () => {
    const [a, b] = ticked().map((box) => box.value);
    location.href = `compare.html#${new URLSearchParams({ a, b })}`;
  });
  show();
  tick();

  const links = () => rows.filter((row) => !row.hidden).map((row) => row.querySelector("a"));
  const step = (by) => {
    const all = links();
    const here = all.indexOf(document.activeElement);
    all[here < 0 ? 0 : Math.min(all.length - 1, Math.max(0, here + by))]?.focus();
  };
  epm.key("/", "find a run", () => find.focus());
  epm.key("j", "next run", () => step(1));
  epm.key("k", "previous run", () => step(-1));
});
