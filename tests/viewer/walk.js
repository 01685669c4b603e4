// Runs in the page: every bound number is clicked, its panel read, and all of its cards counted.
async () => {
  const soon = () => new Promise((resolve) => setTimeout(resolve, 0));
  const until = async (what) => {
    const end = performance.now() + 8000;
    for (let found = what(); ; found = what()) {
      if (found || performance.now() > end) return found;
      await soon();
    }
  };
  const panel = () => document.querySelector(".panel");
  const count = () => panel().querySelector("p.count");
  const ALL = 1200; // cards that are dealt to the last; of more, the rest is what the button says
  const known = new Map();
  const cardsAreSeen = () =>
    [...panel().querySelectorAll(".card")].every((card) => card.checkVisibility());

  // presses a button for completions, and deals until there are no more
  const deal = async (button) => {
    if (button.getAttribute("aria-pressed") !== "true") button.click();
    const said = await until(() => count().dataset.count);
    const state = panel().querySelector(".choices a").getAttribute("href");
    const { which } = button.dataset;
    const size = Number(button.textContent.match(/[\d.]+/)[0]);
    if (!known.has(state)) {
      const more = panel().querySelector(".cards + p button");
      while (!more.hidden && Number(said) <= ALL) more.click();
      const cards = [...panel().querySelectorAll(".card")];
      known.set(state, {
        cards: cards.length,
        left: more.hidden ? 0 : Number(more.textContent.match(/of (\d+)$/)[1]),
        different: new Set(cards.map((card) => card.dataset.s)).size,
        main: cards.filter((card) => card.querySelector(".score.main")).length,
        lost: cards.filter((card) => card.querySelector(".score.main.lost")).length,
        yes: cards.filter((card) => card.querySelector(".score.main.yes")).length,
      });
    }
    return { state: state.split("#")[1], which, size, said: Number(said), ...known.get(state) };
  };

  const walked = {};
  const paged = document.querySelector(".paged");
  for (const { key } of epm.given("numbers")) {
    const link = document.querySelector(`main [data-n="${key}"]`);
    const arrived = new Promise((resolve) => {
      window.addEventListener("hashchange", resolve, { once: true });
    });
    if (link) link.click();
    else location.hash = `n=${key}`;
    await arrived;
    const head = panel().querySelector("h2");
    const focused = document.activeElement === head;
    const dealt = [];
    const buttons = [...panel().querySelectorAll(".choices button")];
    const pressed = (button) => button.getAttribute("aria-pressed") === "true";
    if (buttons.length) await until(() => buttons.some(pressed));
    buttons.sort((a, b) => pressed(b) - pressed(a)); // what was dealt already comes first
    for (const button of buttons) dealt.push(await deal(button));
    walked[key] = {
      linked: Boolean(link),
      heading: head.textContent,
      seen: paged.hidden || (focused && cardsAreSeen()),
      pointers: [...panel().querySelectorAll("dd br + code")].map((code) => code.textContent),
      said: [...panel().querySelectorAll(".recount")].map((line) => ({
        text: line.textContent,
        none: line.classList.contains("none"),
        agrees: line.classList.contains("agrees"),
      })),
      dealt,
    };
    // the rest is read from the document alone: laying out a long page at each step takes minutes
    if (dealt.length) paged.hidden = true;
  }
  return walked;
}
