/* The table of claims: shown by notebook and by verdict, sorted by a column. Without this script the
   whole table stands there. claims.html?notebook=11_language_models&verdict=supported sets both. */
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector(".tl-filter");
  if (!form) return;
  const table = form.parentElement.querySelector("table");
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const verdicts = ["supported", "inconclusive", "contradicted"];
  const keys = {
    place: (row) => [rows.indexOf(row)],
    text: (row) => [row.cells[1].textContent.trim()],
    effect: (row) => [row.dataset.unit, Number(row.dataset.effect)],
    verdict: (row) => [verdicts.indexOf(row.dataset.verdict)],
  };

  function show() {
    const { notebook, verdict } = form.elements;
    let shown = 0;
    for (const row of rows) {
      row.hidden = Boolean(
        (notebook.value && row.dataset.notebook !== notebook.value) ||
        (verdict.value && row.dataset.verdict !== verdict.value));
      shown += !row.hidden;
    }
    form.querySelector("output").textContent =
      shown === rows.length ? `All ${rows.length} claims` : `${shown} of ${rows.length} claims`;
  }

  function compare(one, two) {
    for (let i = 0; i < one.length; i++) {
      const order = typeof one[i] === "number" ? one[i] - two[i] : one[i].localeCompare(two[i]);
      if (order) return order;
    }
    return 0;
  }

  function sort(head) {
    const up = head.getAttribute("aria-sort") !== "ascending";
    const key = keys[head.dataset.sort];
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const sorted = [...rows].sort((a, b) => (up ? 1 : -1) * compare(key(a), key(b)));
    body.append(...sorted);
  }

  for (const head of table.querySelectorAll("th[data-sort]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    if (head.title) button.title = head.title;
    head.dataset.name = head.textContent.trim();  // for paper
    head.replaceChildren(button);
    button.addEventListener("click", () => sort(head));
  }
  const asked = new URLSearchParams(location.search);
  for (const name of ["notebook", "verdict"]) {
    const select = form.elements[name];
    const value = asked.get(name) || "";
    if ([...select.options].some((option) => option.value === value)) select.value = value;
  }
  form.hidden = false;
  form.addEventListener("input", show);
  form.addEventListener("reset", () => setTimeout(show));
  form.addEventListener("submit", (event) => event.preventDefault());
  show();
});
