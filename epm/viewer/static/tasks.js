// The board: board or list, and filters, all in the address.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("board");
  if (!form) return;
  const issues = [...document.querySelectorAll(".issue")];
  const { q, kind, view, archived } = form.elements;
  const found = document.getElementById("found");
  form.hidden = false;

  const show = () => {
    const state = epm.state();
    q.value = state.get("q") || "";
    kind.value = state.get("kind") || "";
    view.value = state.get("view") || "";
    archived.checked = state.has("archived");
    const words = q.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const issue of issues) {
      const text = issue.textContent.toLowerCase();
      issue.hidden =
        !words.every((word) => text.includes(word)) ||
        (kind.value !== "" && issue.dataset.kind !== kind.value) ||
        (!archived.checked && issue.dataset.column === "archived");
    }
    for (const column of document.querySelectorAll(".column")) {
      column.hidden = ![...column.querySelectorAll(".issue")].some((issue) => !issue.hidden);
    }
    document.getElementById("kanban").hidden = view.value === "list";
    document.getElementById("list").hidden = view.value !== "list";
    const shown = issues.filter((issue) => issue.tagName === "TR" && !issue.hidden).length;
    const all = issues.length / 2;
    found.textContent = shown === all ? "" : `${shown} of ${all}`;
  };
  const change = (event) => {
    const state = new URLSearchParams();
    for (const field of [q, kind, view]) if (field.value) state.set(field.name, field.value);
    if (archived.checked) state.set("archived", "1");
    epm.go(state, event.target === q);
    show();
  };
  form.addEventListener("input", change);
  form.addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("hashchange", show);
  show();
  const step = (by) => {
    const there = issues.filter((issue) => issue.checkVisibility());
    const links = there.map((issue) => issue.querySelector("a")).filter(Boolean);
    const here = links.indexOf(document.activeElement);
    links[Math.max(0, Math.min(links.length - 1, here < 0 ? 0 : here + by))]?.focus();
  };
  epm.key("/", "find an issue", () => q.focus());
  epm.key("j", "next issue", () => step(1));
  epm.key("k", "previous issue", () => step(-1));
});
