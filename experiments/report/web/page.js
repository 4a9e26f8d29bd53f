"use strict";
(() => {
  const report = JSON.parse(document.getElementById("report").textContent);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const views = new Map(); // of each slot, its view once it is drawn
  const chosen = { level: 0, level_of: "", group: 0 };

  // Tables are sent as columns. Rows that name a setting get what is known of it.
  const made = new Map();
  function rows(name) {
    if (made.has(name)) return made.get(name);
    const table = report.tables[name];
    const names = Object.keys(table);
    const count = names.length ? table[names[0]].length : 0;
    const settings = name === "settings" ? [] : rows("settings");
    const found = [];
    for (let i = 0; i < count; i++) {
      const row = {};
      for (const key of names) row[key] = table[key][i];
      found.push("setting" in row ? Object.assign({}, settings[row.setting], row) : row);
    }
    made.set(name, found);
    return found;
  }

  function inks() {
    const of = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    return { ink: of("--ink"), soft: of("--soft"), line: of("--line") };
  }

  function config() {
    const { ink, soft, line } = inks();
    return {
      background: "transparent",
      font: "system-ui, Segoe UI, Roboto, sans-serif",
      view: { stroke: null },
      axis: {
        labelColor: soft, titleColor: ink, gridColor: line, domainColor: soft, tickColor: soft,
        labelFontSize: 11, titleFontSize: 12, titleFontWeight: "normal", gridOpacity: 0.6,
      },
      legend: {
        labelColor: ink, titleColor: soft, orient: "top", labelFontSize: 12, labelLimit: 320,
        symbolSize: 120, columns: 0,
      },
      header: { labelColor: ink, titleColor: ink },
      rule: { color: ink }, tick: { color: ink }, text: { color: ink },
    };
  }

  // The spec of one panel: the whole spec where there is but one.
  const inner = (spec) => spec.spec || spec;

  // Black lines and white paper are the other way round in the dark.
  function inverted(spec) {
    return JSON.parse(JSON.stringify(spec).replaceAll('"#000000"', '"#ffffff"'));
  }

  function fitted(chart, slot, state) {
    let spec = JSON.parse(JSON.stringify(chart.spec));
    if (dark.matches) spec = inverted(spec);
    const width = Math.max(260, slot.clientWidth);
    const panel = inner(spec);
    let columns = 1;
    if (spec.facet) {
      const count = new Set(rows(chart.tables[0]).map((row) => row[spec.facet.field])).size;
      columns = Math.max(1, Math.min(spec.columns, count, Math.floor(width / 280)));
      spec.columns = columns;
      panel.width = Math.max(180, (width - 70 - 22 * (columns - 1)) / columns);
      const y = rowsOf(panel);
      const names = y ? new Set(rows(chart.tables[0]).map((row) => row[y.field])).size : 0;
      panel.height = y ? 16 + 20 * names : 220;
    } else {
      spec.width = "container";
      spec.autosize = { type: "fit-x", contains: "padding" };
      panel.height = rowsOf(panel) ? { step: 24 } : 300;
    }
    if (state.scales) {
      for (const layer of panel.layer || [panel]) {
        for (const axis of ["x", "y"]) {
          const encoding = layer.encoding && layer.encoding[axis];
          if (encoding && encoding.field && encoding.scale) {
            encoding.scale.type = state.scales[axis];
            encoding.scale.zero = false;
          }
        }
      }
    }
    for (const param of spec.params || []) {
      if (param.name in state.signals) param.value = state.signals[param.name];
      if (param.name in chosen) param.value = chosen[param.name];
    }
    spec.datasets = {};
    for (const name of chart.tables) spec.datasets[name] = name === "curves" ? course() : rows(name);
    return spec;
  }

  // The encoding of rows that are names, of which each takes its height.
  function rowsOf(panel) {
    const layer = (panel.layer || []).find((one) => one.encoding && one.encoding.y);
    const y = (panel.encoding || {}).y || (layer && layer.encoding.y);
    return y && y.type === "nominal" ? y : null;
  }

  // Medians and single runs in one table, each with what the other lacks left out.
  function course() {
    if (!made.has("course")) {
      const whole = rows("curves").map((row) => Object.assign({ kind: "median" }, row));
      const single = "runs" in report.tables ? rows("runs") : [];
      const runs = single.map((row) => Object.assign({ kind: "runs", median: row.value }, row));
      made.set("course", whole.concat(runs));
    }
    return made.get("course");
  }

  async function draw(slot) {
    const chart = report.charts[slot.dataset.chart];
    const state = slot.state;
    const target = slot.querySelector(".chart");
    const spec = fitted(chart, target, state);
    const embedded = await vegaEmbed(target, spec, {
      mode: "vega-lite", renderer: "svg", config: config(), logLevel: vega.Error,
      actions: { export: true, source: false, compiled: false, editor: false },
      tooltip: { theme: dark.matches ? "dark" : "light" },
    });
    views.set(slot, embedded.view);
    target.style.minHeight = "0";
    slot.dataset.drawn = "yes";
    // The caption says what is drawn, and tables have the numbers: better heard than its marks.
    target.querySelector("svg.marks").setAttribute("aria-hidden", "true");
    const menu = target.querySelector("summary");
    menu.setAttribute("aria-label", `Save the chart: ${chart.title}`);
  }

  function set(slot, name, value) {
    slot.state.signals[name] = value;
    const view = views.get(slot);
    if (!view) return;
    try { view.signal(name, value); } catch { return; } // a chart without it
    view.runAsync();
  }

  function element(name, attributes, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  let count = 0;
  function selection(label, options, change) {
    const id = `control-${count++}`;
    const select = element("select", { id });
    for (const [value, text] of options) select.append(element("option", { value }, text));
    select.addEventListener("change", () => change(select.value));
    return element("span", {}, element("label", { for: id }, label), " ", select);
  }

  function boxes(label, names, change) {
    const fieldset = element("fieldset", {}, element("legend", {}, label));
    for (const name of names) {
      const box = element("input", { type: "checkbox", value: name });
      box.checked = true;
      box.addEventListener("change", () => {
        const on = [...fieldset.querySelectorAll("input")].filter((one) => one.checked);
        change(on.map((one) => one.value));
      });
      fieldset.append(element("label", {}, box, " ", swatch(name), " ", name));
    }
    return fieldset;
  }

  // A piece of an arm's line, as charts draw it.
  function swatch(name) {
    const look = report.looks[name];
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
    for (const [key, value] of [["width", 26], ["height", 10], ["aria-hidden", "true"]]) {
      svg.setAttribute(key, value);
    }
    const colour = look.colour === "#000000" ? "var(--ink)" : look.colour;
    line.setAttribute("style", `stroke:${colour};stroke-width:3;stroke-dasharray:${look.dash.map((part) => 2 * part)}`);
    for (const [key, value] of [["x1", 0], ["x2", 26], ["y1", 5], ["y2", 5]]) {
      line.setAttribute(key, value);
    }
    svg.append(line);
    return svg;
  }

  const CONTROLS = {
    metric: (slot, chart) =>
      selection("Show", chart.options.metric, (value) => set(slot, "metric", value)),
    clock: (slot, chart) =>
      selection("over", chart.options.clock.map((name) => [name, name]),
        (value) => set(slot, "clock", value)),
    goal: (slot, chart) =>
      selection("Target", chart.options.goal.map((name) => [name, name]),
        (value) => set(slot, "goal", value)),
    view: (slot) =>
      selection("as", [["median", "median and middle half"], ["runs", "single runs"]],
        (value) => set(slot, "view", value)),
    scales: (slot) => {
      slot.state.scales = { x: "log", y: "log" };
      const choose = (axis, text) =>
        selection(text, [["log", "logarithmic"], ["linear", "linear"]], (value) => {
          slot.state.scales[axis] = value;
          draw(slot);
        });
      return element("span", {}, choose("x", "Axis across"), " ", choose("y", "up"));
    },
    arms: (slot, chart) => {
      const param = (chart.spec.params || []).find((one) => one.name === "arms");
      const names = param ? param.value : [];
      if (names.length < 2) return "";
      return boxes("Arms", names, (value) => set(slot, "arms", value));
    },
  };

  function prepare(slot) {
    const chart = report.charts[slot.dataset.chart];
    slot.state = { signals: {}, scales: null };
    const controls = element("div", { class: "controls" });
    const panels = (chart.spec.usermeta || {}).panels;
    if (panels) {
      controls.append(selection("Condition", panels.map((name) => [name, name]),
        (value) => set(slot, "panel", value)));
    }
    for (const name of chart.controls) controls.append(CONTROLS[name](slot, chart));
    slot.append(
      element(slot.closest("details") ? "h3" : "h2", {}, chart.title),
      controls,
      element("figure", {}, element("div", { class: "chart" }), element("figcaption", {}, chart.says)),
    );
  }

  // The target under the reader's hand.
  function levels() {
    const form = document.getElementById("level");
    if (!form || !report.levels.length) return;
    const of = document.getElementById("level-of");
    const at = document.getElementById("level-at");
    const goal = document.getElementById("level-goal");
    const says = document.getElementById("level-says");
    report.levels.forEach((one, i) => of.append(element("option", { value: i }, one.name)));
    const moved = () => {
      const one = report.levels[Number(of.value)];
      const place = Number(at.value);
      goal.textContent = one.goals[place];
      at.setAttribute("aria-valuetext", one.goals[place]);
      says.replaceChildren(...one.sentences[place].map((text) => element("p", {}, text)));
      Object.assign(chosen, {
        level: one.targets[place], level_of: one.metric, group: Number(of.value),
      });
      for (const slot of views.keys()) {
        for (const name of Object.keys(chosen)) set(slot, name, chosen[name]);
      }
    };
    of.addEventListener("change", () => {
      at.value = report.levels[Number(of.value)].start;
      moved();
    });
    at.max = report.levels[0].targets.length - 1;
    at.value = report.levels[0].start;
    at.addEventListener("input", moved);
    form.addEventListener("submit", (event) => event.preventDefault());
    moved();
  }

  // Each word of the glossary is explained where it first stands in a section.
  function explain() {
    const places = [...document.querySelectorAll("#level, details.section")];
    const words = report.glossary.map(([word, meaning], i) => {
      const escaped = word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
      return { id: `word-${i}`, word, meaning, pattern: new RegExp(`\\b${escaped}s?\\b`, "i") };
    });
    const used = new Set();
    for (const place of places) {
      const walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
      const texts = [];
      while (walker.nextNode()) {
        const around = walker.currentNode.parentElement;
        if (!around.closest("a, button, code, pre, select, svg, summary, th, label, strong, output")) {
          texts.push(walker.currentNode);
        }
      }
      for (const { id, word, pattern } of words) {
        for (const [i, text] of texts.entries()) {
          const found = pattern.exec(text.data);
          if (!found) continue;
          const rest = text.splitText(found.index);
          const after = rest.splitText(found[0].length);
          const button = element("button", { type: "button", class: "term", popovertarget: id });
          rest.replaceWith(button);
          button.append(rest);
          texts.splice(i, 1, text, after);
          used.add(word);
          break;
        }
      }
    }
    for (const { id, word, meaning } of words) {
      if (!used.has(word)) continue;
      const told = element("div", { id, popover: "auto" }, element("strong", {}, word), ": ");
      const says = element("span");
      says.innerHTML = meaning; // the glossary's own HTML, made from its Markdown
      told.append(says);
      document.body.append(told);
    }
  }

  const slots = [...document.querySelectorAll(".slot")];
  explain();
  slots.forEach(prepare);
  levels();
  // Charts are drawn once they are to be seen.
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      seen.unobserve(entry.target);
      draw(entry.target);
    }
  }, { rootMargin: "300px" });
  slots.forEach((slot) => seen.observe(slot));

  const again = () => [...views.keys()].forEach(draw);
  dark.addEventListener("change", again);
  let width = innerWidth, waiting;
  addEventListener("resize", () => {
    if (innerWidth === width) return;
    width = innerWidth;
    clearTimeout(waiting);
    waiting = setTimeout(again, 150);
  });
  addEventListener("beforeprint", () => {
    for (const one of document.querySelectorAll("details.section")) one.open = true;
  });
})();
