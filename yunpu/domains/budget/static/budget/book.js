"use strict";
/* The bars of the budget book: options from the page's own JSON, colours from the tokens, redrawn with the theme. */
(() => {
  const figure = document.querySelector("[data-book]");
  const given = document.getElementById("book-chart");
  if (!figure || !given || !window.echarts) return;
  const data = JSON.parse(given.textContent);
  const place = figure.querySelector(".yp-book-chart");
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const inUnit = (fen) => (fen === null ? null : fen / data.fen_per_unit);
  figure.hidden = false;
  place.style.height = `${data.rows.length * (14 * data.series.length + 14) + 40}px`;
  const chart = window.echarts.init(place);
  const short = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
  const draw = () => {
    const narrow = place.clientWidth < 560;
    const ink = { color: token("--yp-ink-2"), fontSize: 12, fontFamily: getComputedStyle(document.body).fontFamily };
    const colours = ["--yp-primary", "--yp-primary-line", "--yp-ink-2", "--yp-line-input"].map(token);
    chart.setOption({
      animation: false,
      textStyle: ink,
      color: colours,
      grid: { left: narrow ? 96 : 220, right: narrow ? 64 : 96, top: 4, bottom: 28 },
      tooltip: {
        renderMode: "richText",
        trigger: "item",
        backgroundColor: token("--yp-surface"),
        borderColor: token("--yp-line-strong"),
        textStyle: { ...ink, color: token("--yp-ink") },
        formatter: (bar) => `${data.rows[bar.dataIndex]}\n${bar.seriesName}\n${data.series[bar.seriesIndex].shown[bar.dataIndex]} ${data.unit}`,
      },
      xAxis: { type: "value", min: 0, splitNumber: 3, axisLabel: ink, splitLine: { lineStyle: { color: token("--yp-line") } } },
      yAxis: {
        type: "category",
        inverse: true,
        data: data.rows,
        axisTick: { show: false },
        axisLine: { lineStyle: { color: token("--yp-line-strong") } },
        axisLabel: { ...ink, color: token("--yp-ink"), formatter: (text) => (narrow ? short(text.replace(/^\S+ /, ""), 7) : short(text, 18)) },
      },
      series: data.series.map((one, at) => ({
        type: "bar",
        name: one.name,
        barWidth: 10,
        barGap: "30%",
        itemStyle: { borderRadius: 2 },
        data: one.fen.map(inUnit),
        label: { show: true, position: "right", ...ink, fontSize: 11, formatter: (bar) => (one.fen[bar.dataIndex] === null ? "" : data.series[at].shown[bar.dataIndex]) },
      })),
    }, true);
  };
  draw();
  window.addEventListener("resize", () => { chart.resize(); draw(); });
  new MutationObserver(draw).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  figure.addEventListener("click", (event) => {
    const button = event.target.closest("[data-view]");
    if (!button) return;
    const asChart = button.dataset.view === "chart";
    figure.querySelectorAll("[data-view]").forEach((one) => one.setAttribute("aria-pressed", String(one === button)));
    place.hidden = !asChart;
    figure.querySelector(".yp-series").hidden = !asChart;
    figure.querySelector("table").hidden = asChart;
    if (asChart) chart.resize();
  });
})();
