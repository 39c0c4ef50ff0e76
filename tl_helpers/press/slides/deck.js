// Sizes each slide to what it holds, then starts reveal.js.
(async () => {
  const slides = [...document.querySelectorAll(".tl-slide")];
  const TEXT = [32, 30, 28, 26, 24, 22, 20], LARGEST = 1.9;

  // Does everything on the slide lie inside it?
  function fits(slide) {
    const box = slide.getBoundingClientRect(), right = box.right - 60;
    return slide.scrollHeight <= slide.clientHeight + 1 && slide.scrollWidth <= slide.clientWidth &&
      [...slide.children].every((part) => part.getBoundingClientRect().right <= right) &&
      // Parts of an explorer that lie side by side would scroll inside their own box.
      [...slide.querySelectorAll("[data-view] > *")].every((e) => e.scrollWidth <= e.clientWidth + 1);
  }

  // The largest zoom in steps of .05 at which the slide fits; 0 if none from `least` on.
  function zoom(slide, least, largest) {
    const set = (z) => slide.style.setProperty("--tl-zoom", z);
    const scaled = slide.querySelector(".tl-picture, .tl-claim, .tl-explorer");
    if (!scaled) { set(1); return fits(slide) ? 1 : 0; }
    let low = Math.round(least * 20), high = Math.round(largest * 20), best = 0;
    while (low <= high) {
      const middle = (low + high) >> 1;
      set(middle / 20);
      if (fits(slide)) { best = middle / 20; low = middle + 1; } else high = middle - 1;
    }
    if (best) set(best);
    return best;
  }

  // Pictures give way first, down to three quarters of what they could have; then the text.
  function size(slide) {
    for (const least of [1.15, 0.6]) for (const text of TEXT) {
      slide.style.setProperty("--tl-size", text + "px");
      if (zoom(slide, least, LARGEST)) return;
    }
    slide.tabIndex = 0; // too much for one slide: it scrolls, by keyboard too
  }

  await Promise.all([...document.images].map((image) => image.decode().catch(() => {})));
  document.documentElement.classList.add("tl-measuring");
  slides.forEach(size);
  document.documentElement.classList.remove("tl-measuring");

  await Reveal.initialize({
    ...DECK, margin: 0, center: false, hash: true, slideNumber: "c/t", controls: true,
    controlsLayout: "edges", progress: true, transition: "none", backgroundTransition: "none", scrollActivationWidth: null,
    plugins: [RevealNotes],
    // A focused slider, list or button of an explorer keeps its keys.
    keyboardCondition: () => !/^(INPUT|SELECT|TEXTAREA|BUTTON)$/.test(document.activeElement.tagName),
  });
  // Escape gives the keys back to the slides; so does turning the slide.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && document.activeElement.closest(".tl-explorer")) {
      document.activeElement.blur();
      event.stopImmediatePropagation();
    }
  }, true);
  Reveal.on("slidechanged", () => document.activeElement.blur());
  document.documentElement.dataset.ready = "yes";
})();
