/* On every page: copy code, enlarge pictures, say where an explorer has changed, report a problem with page, cell and commit filled in. */
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const article = document.querySelector("article.bd-article");
  if (!article) return;

  function button(kind, text, named) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = kind;
    made.textContent = text;
    made.setAttribute("aria-label", named);
    return made;
  }

  /* Copy ----------------------------------------------------------------------------------- */
  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {  // an older browser, or a page that may not
      const field = document.createElement("textarea");
      field.value = text;
      document.body.append(field);
      field.select();
      const done = document.execCommand("copy");
      field.remove();
      if (!done) throw new Error("not copied");
    }
  }

  const said = document.createElement("p");
  said.setAttribute("role", "status");
  said.className = "visually-hidden";
  document.body.append(said);

  function say(made, text) {
    made.textContent = said.textContent = text;
    setTimeout(() => { made.textContent = "Copy"; said.textContent = ""; }, 2000);
  }

  for (const pre of article.querySelectorAll("div.highlight > pre")) {
    if (pre.closest(".cell_output")) continue;  // code alone is there to be copied
    const tools = document.createElement("div");
    tools.className = "tl-tools";
    const made = button("tl-copy", "Copy", "Copy this code");
    made.addEventListener("click", () =>
      copy(pre.textContent.replace(/\n$/, ""))
        .then(() => say(made, "Copied"), () => say(made, "Not copied: select and copy by hand")));
    tools.append(made);
    pre.after(tools);
  }

  /* Columns: rows that are read one below the other do not wrap -------------------------------- */
  for (const pre of article.querySelectorAll(".cell_output .output.stream pre"))
    if (/\S {2,}\S/.test(pre.textContent)) pre.classList.add("tl-columns");

  /* Enlarge -------------------------------------------------------------------------------- */
  function enlarge(picture) {
    const dialog = document.createElement("dialog");
    dialog.className = "tl-zoom";
    dialog.setAttribute("aria-label", "The picture, enlarged");
    const large = document.createElement("img");
    large.src = picture.src;
    large.alt = picture.alt;
    const form = document.createElement("form");
    form.method = "dialog";
    const close = button("", "Close", "Close");
    close.type = "submit";
    form.append(close);
    dialog.append(form, large);
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog || event.target === large) dialog.close();
    });
    dialog.addEventListener("close", () => dialog.remove());
    article.append(dialog);
    dialog.showModal();
  }

  for (const picture of article.querySelectorAll(".cell_output img, img.tl-hero")) {
    if (picture.closest("figure [data-view]")) continue;  // an explorer draws it anew
    const around = document.createElement("span");
    around.className = "tl-picture";
    const made = button("tl-enlarge", "Enlarge", `Enlarge the picture: ${picture.alt.slice(0, 80)}`);
    picture.replaceWith(around);
    around.append(picture, made);
    const wide = () => around.classList.toggle("tl-wide", picture.naturalWidth > 1000);
    picture.addEventListener("load", wide);
    if (picture.complete) wide();
    made.addEventListener("click", () => enlarge(picture));
    picture.addEventListener("click", () => enlarge(picture));
  }

  /* Turn: what changes out of sight says so ----------------------------------------------- */
  for (const view of article.querySelectorAll("figure [data-view]")) {
    const controls = view.parentElement.querySelector("[data-controls]");
    if (!controls) continue;
    const parts = () => [...(view.querySelector("[role=region]") || view).children];
    const looks = () => parts().map((part) => part.outerHTML);
    const made = button("tl-small tl-below", "↓ What changed is below", "What changed is below: go there");
    made.hidden = true;
    controls.after(made);
    let before = [], changed = null;
    const below = () => changed && changed.getBoundingClientRect().top > innerHeight - 24;
    controls.addEventListener("input", () => { before = looks(); }, true);
    controls.addEventListener("input", () => {
      const after = looks();
      changed = parts().find((part, place) => after[place] !== before[place]) || null;
      made.hidden = !below();
    });
    made.addEventListener("click", () => {
      changed.scrollIntoView({ block: "center" });
      made.hidden = true;
    });
    addEventListener("scroll", () => { if (!made.hidden && !below()) made.hidden = true; }, { passive: true });
  }

  /* Report --------------------------------------------------------------------------------- */
  const report = document.querySelector("a.tl-report");
  if (!report) return;

  function address(cell) {
    const to = new URL(report.dataset.issues);
    const page = location.pathname.split("/").pop().replace(/\.html$/, "") || "index";
    to.searchParams.set("title", `${page}${cell ? `, cell ${cell}` : ""}: `);
    to.searchParams.set("body", [
      `Page: ${page} (${document.title})`,
      ...(cell ? [`Cell: ${cell}`] : []),
      `Commit: ${report.dataset.commit || "not known"}`,
      "", "What is wrong, and what did you expect?", "",
    ].join("\n"));
    return to.href;
  }

  report.href = address();
  for (const cell of article.querySelectorAll("div.cell")) {
    const tag = [...cell.classList].find((name) => name.startsWith("tag_tl-cell-"));
    const tools = cell.querySelector(".cell_input .tl-tools");
    if (!tag || !tools) continue;
    const number = tag.slice("tag_tl-cell-".length);
    const link = document.createElement("a");
    link.className = "tl-report-cell";
    link.textContent = "Report a problem";
    link.setAttribute("aria-label", `Report a problem with cell ${number}`);
    link.href = address(number);
    tools.append(link);
  }
});
