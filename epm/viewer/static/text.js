// Completions as text and nothing else; what cannot be seen is marked by style alone.
"use strict";

(() => {
  const { element } = window.epm;

  // controls, formats, private use, halves of pairs, separators, blanks that are none, and fillers
  const UNUSUAL =
    /(?![\n\t ])[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Z}\u034F\u115F\u1160\u17B4\u17B5\u3164\uFFA0\uFDD0-\uFDEF\uFFFE\uFFFF\u{E0100}-\u{E01EF}]/gu;
  const WITH_BLANKS = new RegExp(`${UNUSUAL.source}|[ \\t\\n]`, "gu");
  const BLANKS = { " ": "·", "\t": "→", "\n": "¶" };

  const code = (character) =>
    `U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;

  const append = (into, text, blanks) => {
    let after = 0;
    for (const found of text.matchAll(blanks ? WITH_BLANKS : UNUSUAL)) {
      if (found.index > after) into.append(text.slice(after, found.index));
      const [character] = found;
      const blank = BLANKS[character];
      const mark = blank
        ? element("span", { class: "blank", "data-b": blank })
        : element("span", { class: "unusual", "data-u": code(character), title: code(character) });
      mark.append(character);
      into.append(mark);
      after = found.index + character.length;
    }
    if (after < text.length) into.append(text.slice(after));
  };

  // the element's textContent is the text, character for character; what a pattern finds is marked
  epm.shown = (text, blanks = false, seeks = null) => {
    const shown = element("pre", { class: "text", tabindex: "0", dir: "auto" });
    let after = 0;
    for (const found of seeks && text.length <= seeks.longest ? text.matchAll(seeks.pattern) : []) {
      if (!found[0]) continue;
      append(shown, text.slice(after, found.index), blanks);
      const mark = element("mark", { title: seeks.says });
      append(mark, found[0], blanks);
      shown.append(mark);
      after = found.index + found[0].length;
    }
    append(shown, text.slice(after), blanks);
    return shown;
  };

  epm.unusual = (text) => new Set([...text.matchAll(UNUSUAL)].map(([character]) => code(character)));

  const longest = (text) => Math.max(0, ...(text.match(/`+/g) || []).map((run) => run.length));

  // in a code span nothing of a name is markup, a mention or a link
  const named = (name) => {
    const line = name.replace(/[\r\n]+/g, " ");
    const ticks = "`".repeat(longest(line) + 1);
    const room = /^[` ]|[` ]$/.test(line) && line.trim() ? " " : "";
    return ticks + room + line + room + ticks;
  };

  // Markdown; the fence is longer than any within
  epm.quoted = (text, names) => {
    const fence = "`".repeat(Math.max(3, longest(text) + 1));
    const attribution = `— ${names.filter(Boolean).map(named).join(" · ")}`;
    const lines = [`${fence}text`, ...text.split(/\r\n|\r|\n/), fence, "", attribution];
    return `${lines.map((line) => `> ${line}`.trimEnd()).join("\n")}\n`;
  };
})();
