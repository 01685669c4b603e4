// Runs on the samples screen: of each address, the scores of the cards that it shows.
async (addresses) => {
  const count = document.getElementById("count");
  const settled = async () => {
    const end = performance.now() + 8000;
    while (!count.dataset.count && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  };
  const found = {};
  for (const address of addresses) {
    const [, state] = address.split("#");
    if (location.hash !== `#${state}`) {
      const arrived = new Promise((resolve) => {
        window.addEventListener("hashchange", resolve, { once: true });
      });
      location.hash = state;
      await arrived;
    }
    await settled();
    const more = document.getElementById("more");
    while (!more.hidden) more.click();
    found[address] = {
      said: Number(count.dataset.count),
      scores: [...document.querySelectorAll(".card .score.main")].map((score) =>
        score.textContent.split(": ").pop(),
      ),
    };
  }
  return found;
}
