// Draws the plots when they come into view (the rest when the browser is idle), follows the page's
// light or dark theme, sorts tables by their head.
(() => {
  "use strict";
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  let printing = false;
  const drawn = new Set();

  function colours() {
    const night = dark.matches && !printing;
    return {
      ink: night ? "#e4e7ee" : "#1d2330",
      grid: night ? "#2b313c" : "#e3e6ec",
      line: night ? "#5c6575" : "#8a93a3",
    };
  }

  function themed(layout) {
    const c = colours();
    const out = { ...layout, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)" };
    out.modebar = { bgcolor: "rgba(0,0,0,0)", color: c.line, activecolor: c.ink };
    out.font = { ...layout.font, color: c.ink, family: getComputedStyle(document.body).fontFamily };
    for (const key of Object.keys(out)) {
      if (/^[xy]axis\d*$/.test(key)) {
        out[key] = { ...out[key], gridcolor: c.grid, zerolinecolor: c.grid, linecolor: c.line };
      }
    }
    return out;
  }

  function draw(element) {
    if (drawn.has(element) || element.clientWidth === 0) return;
    drawn.add(element);
    const figure = JSON.parse(element.nextElementSibling.textContent);
    element.figureLayout = figure.layout;
    Plotly.newPlot(element, figure.data, themed(figure.layout), {
      displaylogo: false,
      showSendToCloud: false,  // nothing leaves this page
      plotlyServerURL: "",
      responsive: true,
      // Where nothing can hover it would always lie over the legend.
      displayModeBar: window.matchMedia("(hover: hover)").matches ? "hover" : false,
      modeBarButtonsToRemove: ["lasso2d", "select2d", "autoScale2d"],
    });
  }

  // On paper a plot cannot follow the width of its box, which is not known before printing.
  function repaint() {
    for (const element of drawn) {
      const width = element.closest(".grid") ? 470 : 960;
      const size = printing ? { autosize: false, width } : { autosize: true, width: null };
      Plotly.relayout(element, { ...themed(element.figureLayout), ...size });
    }
  }

  const plots = [...document.querySelectorAll(".plot")];
  const inView = new IntersectionObserver(
    (entries) => entries.filter((e) => e.isIntersecting).forEach((e) => draw(e.target)),
    { rootMargin: "400px" },
  );
  plots.forEach((element) => inView.observe(element));
  const later = window.requestIdleCallback || ((f) => setTimeout(f, 50));
  function drawNext() {
    const next = plots.find((element) => !drawn.has(element) && element.clientWidth > 0);
    if (!next) return;
    draw(next);
    later(drawNext);
  }
  window.addEventListener("load", () => later(drawNext));

  dark.addEventListener("change", repaint);
  window.addEventListener("beforeprint", () => {
    printing = true;
    plots.forEach(draw);  // those in closed parts have no width, and are left out
    repaint();
  });
  window.addEventListener("afterprint", () => {
    printing = false;
    repaint();
  });

  function sortKey(row, column) {
    const cell = row.cells[column];
    return "key" in cell.dataset ? Number(cell.dataset.key) : cell.textContent.trim();
  }
  function compare(a, b, sign) {
    const numbers = (typeof a === "number") - (typeof b === "number");
    if (numbers !== 0) return -numbers;  // what is not known comes last, whatever the direction
    return sign * (typeof a === "number" ? a - b : a.localeCompare(b, "en", { numeric: true }));
  }
  document.querySelectorAll("th button").forEach((button) => {
    button.addEventListener("click", () => {
      const head = button.closest("th");
      const body = head.closest("table").tBodies[0];
      const sign = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      head.parentElement.querySelectorAll("th").forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
      const rows = [...body.rows].map((row) => ({ row, key: sortKey(row, head.cellIndex) }));
      rows.sort((a, b) => compare(a.key, b.key, sign));
      body.append(...rows.map((entry) => entry.row));
    });
  });
})();
