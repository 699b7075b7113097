"use strict";
// Sortable tables and interactive figures. Without this script the pages show the same rows and static figures.

function sortBy(header, table) {
  const falling = header.getAttribute("aria-sort") === "ascending";
  for (const other of table.querySelectorAll("th[aria-sort]")) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", falling ? "descending" : "ascending");
  const column = header.cellIndex;
  const key = (row) => row.cells[column].dataset.value;
  const order = (a, b) => {
    const [one, two] = [key(a), key(b)];
    if (one === "" || two === "") return (one === "") - (two === "");
    const compared = isNaN(one) || isNaN(two) ? one.localeCompare(two) : one - two;
    return falling ? -compared : compared;
  };
  for (const body of table.querySelectorAll("tbody.ranked, tbody.control")) {
    body.append(...[...body.querySelectorAll("tr:not(.group)")].sort(order));
  }
}

for (const header of document.querySelectorAll("th[data-sortable]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.append(...header.childNodes);
  header.append(button);
  button.addEventListener("click", () => sortBy(header, header.closest("table")));
}

function makeLegendReachable(view, place) {
  const names = place.querySelectorAll(".role-legend-label text");
  const update = () => {
    const shown = view.data("shown_store").map((entry) => entry.values[0]);
    for (const name of names) name.setAttribute("aria-pressed", shown.includes(name.__data__.datum.value));
  };
  for (const name of names) {
    name.setAttribute("tabindex", "0");
    name.setAttribute("role", "button");
    name.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      name.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    });
  }
  view.addDataListener("shown_store", update);
  update();
}

for (const place of document.querySelectorAll("[data-chart]")) {
  const specification = charts[place.dataset.chart];
  const target = document.createElement("div");
  const width = Math.min(specification.width, place.closest("section").clientWidth - 70);
  vegaEmbed(target, { ...specification, width }, { ast: true, renderer: "svg", actions: false }).then((result) => {
    place.replaceChildren(target);
    makeLegendReachable(result.view, target);
  });
}
