// Draws every chart in the colours of the page's theme, and hides what the reader unticks.
(() => {
  "use strict";
  const views = new Map();  // figure -> the Vega view that is drawn in it

  const theme = () => {
    const style = getComputedStyle(document.documentElement);
    const [text, quiet, line, grid] = ["--text", "--quiet", "--line", "--grid"].map((name) => style.getPropertyValue(name).trim());
    const words = {labelColor: text, titleColor: text, labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal"};
    const stacked = {bottom: {direction: "vertical", anchor: "start"}};
    return {
      background: "transparent",
      font: "system-ui, sans-serif",
      view: {stroke: line},
      axis: {...words, domainColor: quiet, tickColor: quiet, gridColor: grid},
      header: {...words},
      legend: {...words, orient: "bottom", columns: innerWidth < 600 ? 2 : 4, symbolSize: 200, layout: stacked},
      text: {color: text},
      rule: {color: quiet},
    };
  };

  const boxes = (group, which) => Array.from(document.querySelectorAll(`.legend[data-group="${group}"] input${which}`));
  const hiddenIn = (group) => boxes(group, "[name=shown]:not(:checked)").map((box) => box.value);

  const draw = async (figure) => {
    const spec = JSON.parse(figure.querySelector("script").textContent);
    const {group} = figure.dataset;
    const x = spec.encoding?.x;
    if (group && x?.field === "epoch" && boxes(group, "[name=log]:checked").length) x.scale = {type: "log", nice: false};
    // The interpreter stands in for generated code, which the page's security policy forbids.
    const options = {actions: false, ast: true, renderer: "svg", config: theme()};
    const {view} = await vegaEmbed(figure.querySelector(".drawing"), spec, options);
    views.get(figure)?.finalize();
    views.set(figure, view);
    figure.dataset.drawn = "yes";
    if (group) await view.signal("hidden", hiddenIn(group)).runAsync();
  };

  const figures = Array.from(document.querySelectorAll(".chart"));
  const drawAll = async () => {
    for (const figure of figures) {
      await draw(figure);
      await new Promise((resume) => setTimeout(resume));  // lets the reader scroll and type in between
    }
  };
  drawAll();

  document.addEventListener("change", ({target}) => {
    const group = target.closest(".legend")?.dataset.group;
    if (!group) return;
    for (const [figure, view] of views) {
      if (figure.dataset.group !== group) continue;
      if (target.name === "log") draw(figure);
      else view.signal("hidden", hiddenIn(group)).runAsync();
    }
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
})();
