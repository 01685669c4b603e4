// What every screen has: data that arrives as scripts, state in the fragment, keys.
"use strict";

(() => {
  const taken = new Map();
  const waiting = new Map();
  const epm = {};
  window.epm = epm;
  document.documentElement.classList.add("scripted");

  // ---------------------------------------------------------------- data

  // called by the data scripts
  epm.take = (name, value) => {
    const waiter = waiting.get(name);
    waiting.delete(name);
    if (waiter) waiter(value);
    else taken.set(name, value);
  };

  epm.given = (name) => taken.get(name);

  // a script may be loaded where a file may not be fetched
  epm.load = (source, name) =>
    new Promise((resolve, reject) => {
      if (taken.has(name)) return void resolve(taken.get(name));
      const script = document.createElement("script");
      waiting.set(name, (value) => {
        script.remove();
        resolve(value);
      });
      script.onerror = () => {
        waiting.delete(name);
        script.remove();
        reject(new Error(`${source} is missing or cannot be read`));
      };
      script.src = source;
      document.head.append(script);
    });

  epm.unpacked = async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return JSON.parse(await new Response(stream).text());
  };

  // ---------------------------------------------------------------- elements

  epm.element = (tag, attributes = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value === true) made.setAttribute(name, "");
      else if (value !== false && value !== null && value !== undefined) {
        made.setAttribute(name, value);
      }
    }
    made.append(...children);
    return made;
  };

  // ---------------------------------------------------------------- state

  epm.state = () => new URLSearchParams(location.hash.slice(1));

  // replaces the entry while a form is typed in, so that Back leaves the screen
  epm.go = (parameters, replace = false) => {
    const hash = `#${parameters}`;
    if (hash === location.hash || (hash === "#" && !location.hash)) return;
    if (replace) history.replaceState(null, "", hash);
    else location.hash = hash;
  };

  // ---------------------------------------------------------------- keys

  const keys = new Map();
  // `does` returns false where there is nothing to do
  epm.key = (name, about, does) => keys.set(name, { about, does });

  const SCREENS = {
    r: ["the list of runs", "index.html"],
    b: ["the board of issues", "tasks.html"],
    c: ["compare", "compare.html"],
    p: ["page", "index"],
    n: ["numbers", "numbers"],
    m: ["matrix", "matrix"],
    s: ["samples", "samples"],
    f: ["figures", "figures"],
    l: ["lint", "lint"],
    h: ["history", "history"],
    d: ["files and hashes", "files"],
  };
  let going = false;

  const typing = (target) =>
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) &&
    target.type !== "checkbox";

  const leaveFor = (letter) => {
    const screen = SCREENS[letter];
    if (!screen) return false;
    const [, where] = screen;
    const link = where.endsWith(".html")
      ? document.querySelector(`header a[href$="/${where}"], header a[href="${where}"]`)
      : document.querySelector(`.run a[href$="/${where}.html"]`);
    if (!link) return false;
    link.click();
    return true;
  };

  const help = () => {
    const list = epm.element("dl");
    const rows = [...[...keys].map(([name, { about }]) => [name, about])];
    rows.push(...Object.entries(SCREENS).map(([letter, [about]]) => [`g ${letter}`, `to ${about}`]));
    rows.push(["?", "this list"]);
    if (!keys.has("Escape")) rows.push(["Escape", "close this list"]);
    for (const [name, about] of rows) {
      list.append(epm.element("dt", {}, epm.element("kbd", {}, name)), epm.element("dd", {}, about));
    }
    const close = epm.element("button", { type: "button" }, "Close");
    const dialog = epm.element(
      "dialog",
      { class: "help", "aria-label": "Keyboard" },
      epm.element("h2", {}, "Keyboard"),
      list,
      close,
    );
    const before = document.activeElement;
    close.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (before instanceof HTMLElement) before.focus();
    });
    document.body.append(dialog);
    dialog.showModal();
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) {
      return;
    }
    if (typing(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (going) {
      going = false;
      if (leaveFor(event.key)) event.preventDefault();
      return;
    }
    if (event.key === "g") {
      going = true;
    } else if (event.key === "?") {
      event.preventDefault();
      help();
    } else if (keys.has(event.key) && keys.get(event.key).does(event) !== false) {
      event.preventDefault();
    }
  });

  document.addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("keys");
    button.hidden = false;
    button.addEventListener("click", help);
    watch(document.body.dataset);
  });

  // ---------------------------------------------------------------- a run that goes on

  const EVERY = 2000;

  // offers what is newer, and never takes a reader away from what is shown
  const watch = ({ version, run }) => {
    if (!version || !location.protocol.startsWith("http")) return;
    document.getElementById("reload").addEventListener("click", () => location.reload());
    const look = async () => {
      if (!document.hidden) {
        try {
          const answer = await fetch(`${run}version.txt`, { cache: "no-store" });
          if (answer.ok && (await answer.text()) !== version) {
            document.getElementById("newer").hidden = false;
            return;
          }
        } catch {
          return; // the server was stopped
        }
      }
      setTimeout(look, EVERY);
    };
    setTimeout(look, EVERY);
  };
})();
