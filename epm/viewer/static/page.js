// Findings: from one to the next, on the page and on the lint screen; folds open on the way.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const findings = () => [...document.querySelectorAll(".margin, article.finding")];

  const unfold = (target) => {
    for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) {
      fold.open = true;
    }
  };
  // on a narrow screen the page stands before its contents
  const contents = document.querySelector(".toc details");
  if (contents && window.matchMedia("(max-width: 64rem)").matches) contents.open = false;

  const arrive = () => {
    const target = /^#f\d+$/.test(location.hash) && document.getElementById(location.hash.slice(1));
    if (!target) return;
    unfold(target);
    target.scrollIntoView({ block: "center" });
    target.focus({ preventScroll: true });
  };
  window.addEventListener("hashchange", arrive);
  arrive();

  const step = (by) => {
    const all = findings();
    const here = all.indexOf(document.activeElement?.closest(".margin, article.finding"));
    const next = all[here < 0 ? 0 : Math.min(all.length - 1, Math.max(0, here + by))];
    if (!next) return false;
    unfold(next);
    next.focus();
    next.scrollIntoView({ block: "center" });
    return true;
  };
  epm.key("]", "next finding", () => step(1));
  epm.key("[", "previous finding", () => step(-1));
});
