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

  // What a plot shows, a line a point: name of the trace, x, y, and z or the ends of the error bar where
  // there are any; in plots of several panels also the panel. Values that are not known are empty.
  function csv(figure) {
    const text = (value) => {
      if (value === null || value === undefined) return "";
      const plain = String(value);
      return /[",\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
    };
    const title = (key) => {
      const layout = figure.layout[key];
      return layout && layout.title && layout.title.text ? layout.title.text : key[0];
    };
    const bars = (trace) => trace.error_x || trace.error_y;
    const panels = figure.data.some((trace) => (trace.yaxis || "y") !== "y");
    const extra = [  // columns that only some plots have
      ...(panels ? [["panel", (trace) => title((trace.yaxis || "y").replace("y", "yaxis"))]] : []),
      ...(figure.data.some((trace) => trace.z) ? [["z", (trace, i, j) => (trace.z ? trace.z[i][j] : "")]] : []),
      ...(figure.data.some(bars) ? [["minus", (trace, i) => (bars(trace) ? bars(trace).arrayminus[i] : "")],
                                    ["plus", (trace, i) => (bars(trace) ? bars(trace).array[i] : "")]] : []),
    ];
    const rows = [["trace", title("xaxis"), panels ? "y" : title("yaxis"), ...extra.map(([name]) => name)]];
    const add = (trace, x, y, i, j) => rows.push([trace.name, x, y, ...extra.map(([, value]) => value(trace, i, j))]);
    for (const trace of figure.data) {
      const x = trace.x || [], y = trace.y || [];
      if (trace.z) trace.z.forEach((row, i) => row.forEach((_, j) => add(trace, x[j], y[i], i, j)));
      else x.forEach((value, i) => add(trace, value, y[i], i));
    }
    return rows.map((row) => row.map(text).join(",")).join("\n") + "\n";
  }
  document.querySelectorAll("button.data").forEach((button) => {
    button.addEventListener("click", () => {
      const figure = button.closest("figure");
      const link = document.createElement("a");
      const data = csv(JSON.parse(figure.querySelector("script").textContent));
      link.href = URL.createObjectURL(new Blob([data], { type: "text/csv" }));
      const title = figure.querySelector("h4").textContent;
      link.download = `${title.replace(/[^A-Za-z0-9]+/g, "-").replace(/^-|-$/g, "").toLowerCase()}.csv`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    });
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
