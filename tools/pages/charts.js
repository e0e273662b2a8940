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
    };
  };

  const hiddenIn = (group) => Array.from(
    document.querySelectorAll(`.legend[data-group="${group}"] input:not(:checked)`), (box) => box.value);

  const draw = async (figure) => {
    const spec = JSON.parse(figure.querySelector("script").textContent);
    // The interpreter stands in for generated code, which the page's security policy forbids.
    const options = {actions: false, ast: true, renderer: "svg", config: theme()};
    const {view} = await vegaEmbed(figure.querySelector(".drawing"), spec, options);
    views.get(figure)?.finalize();
    views.set(figure, view);
    figure.dataset.drawn = "yes";
    if (figure.dataset.group) await view.signal("hidden", hiddenIn(figure.dataset.group)).runAsync();
  };

  const drawAll = async () => {
    for (const figure of document.querySelectorAll(".chart")) {
      try {
        await draw(figure);
      } catch (error) {  // of one chart; the others are drawn all the same
        figure.dataset.drawn = "no";
        figure.querySelector(".drawing").textContent = `This chart cannot be drawn: ${error.message}`;
      }
      await new Promise((resume) => setTimeout(resume));  // lets the reader scroll and type in between
    }
  };
  drawAll();

  document.addEventListener("change", ({target}) => {
    const group = target.closest(".legend")?.dataset.group;
    for (const [figure, view] of views) {
      if (group && figure.dataset.group === group) view.signal("hidden", hiddenIn(group)).runAsync();
    }
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
})();
