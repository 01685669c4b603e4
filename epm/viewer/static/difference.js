// Two texts with what differs marked, by style alone: each keeps its own characters.
"use strict";

(() => {
  const { element } = window.epm;
  const MOST = 1500;

  const pieces = (text) => text.match(/\s+|[^\s]+/gu) || [];

  // which pieces of both belong to a longest common subsequence
  const common = (a, b) => {
    const width = b.length + 1;
    const lengths = new Uint16Array((a.length + 1) * width);
    for (let i = a.length - 1; i >= 0; i -= 1) {
      for (let j = b.length - 1; j >= 0; j -= 1) {
        lengths[i * width + j] =
          a[i] === b[j]
            ? lengths[(i + 1) * width + j + 1] + 1
            : Math.max(lengths[(i + 1) * width + j], lengths[i * width + j + 1]);
      }
    }
    const kept = [new Set(), new Set()];
    let [i, j] = [0, 0];
    while (i < a.length && j < b.length) {
      if (a[i] === b[j]) {
        kept[0].add(i);
        kept[1].add(j);
        i += 1;
        j += 1;
      } else if (lengths[(i + 1) * width + j] >= lengths[i * width + j + 1]) i += 1;
      else j += 1;
    }
    return kept;
  };

  const marked = (parts, kept, tag) => {
    const shown = element("pre", { class: "text", tabindex: "0", dir: "auto" });
    let run = [];
    const flush = (same) => {
      if (run.length) shown.append(same ? run.join("") : element(tag, {}, run.join("")));
      run = [];
    };
    parts.forEach((part, at) => {
      if (at && kept.has(at) !== kept.has(at - 1)) flush(kept.has(at - 1));
      run.push(part);
    });
    flush(kept.has(parts.length - 1));
    return shown;
  };

  epm.different = (one, other) => {
    const [a, b] = [pieces(one), pieces(other)];
    if (a.length > MOST || b.length > MOST) return [epm.shown(one), epm.shown(other)];
    const [keptA, keptB] = common(a, b);
    return [marked(a, keptA, "del"), marked(b, keptB, "ins")];
  };
})();
