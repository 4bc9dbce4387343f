// The task pane: new models, refresh with the difference first, baselines with sources, claims with a chart.
// No figure is calculated here; the server does that.

const byId = (id) => document.getElementById(id);

// --- talking to the server ---------------------------------------------------------------------------------------

async function ask(path, { body, binary = false } = {}) {
  const auth = await globalThis.getAuth();
  const headers = { Authorization: auth.token, "Auth-Provider": auth.provider };
  const options = body === undefined ? { headers } : { method: "POST", headers, body: JSON.stringify(body) };
  const response = await fetch(`/tokenbook/${path}`, options);
  if (response.status === 401 || response.status === 403) {
    showSignIn();
  }
  if (!response.ok) {
    let text = await response.text();
    try {
      text = JSON.parse(text).detail ?? text;
    } catch {
      // plain text
    }
    throw new Error(text || `The server answered ${response.status}`);
  }
  return binary ? response.arrayBuffer() : response.json();
}

function showSignIn() {
  if ((globalThis.config?.authProviders ?? []).includes("token")) {
    signingIn(true);
    byId("tb-token").focus();
  }
}

function signingIn(wanted) {
  byId("tb-sign-in").hidden = !wanted;
  document.querySelector("main").hidden = wanted;
  document.querySelector("[role=tablist]").hidden = wanted;
}

// --- saying what happens -----------------------------------------------------------------------------------------

function say(text) {
  byId("tb-status").textContent = text;
}

function complain(error) {
  const alert = byId("tb-alert");
  alert.textContent = error ? (error.message ?? String(error)) : "";
  alert.hidden = !error;
}

// One thing at a time: the button that was pressed is off while its work is under way.
function doing(button, text, work) {
  return async (event) => {
    event?.preventDefault();
    if (button.disabled) {
      return;
    }
    button.disabled = true;
    complain(null);
    say(text);
    try {
      await work();
    } catch (error) {
      say("");
      complain(error);
    } finally {
      button.disabled = false;
    }
  };
}

// --- building the page -------------------------------------------------------------------------------------------

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "className") {
      made.className = value;
    } else {
      made.setAttribute(key, value);
    }
  }
  made.append(...children.flatMap((child) => (child instanceof Node ? [child] : breakable(String(child)))));
  return made;
}

// Names such as usd_per_gpu_hour may go on in the next line where a word of them ends.
function breakable(text) {
  return text.split(/(?<=_|\w\(|[,/](?=[^\d\s]))(?=\S)/).flatMap((part, index) => (index ? [document.createElement("wbr"), part] : [part]));
}

function table(caption, heads, rows) {
  return element(
    "table",
    {},
    element("caption", {}, caption),
    element("thead", {}, element("tr", {}, ...heads.map((head) => element("th", { scope: "col" }, head)))),
    element("tbody", {}, ...rows.map((row) => element("tr", {}, ...row.map(tableCell)))),
  );
}

function tableCell(cell) {
  const figure = typeof cell === "number";
  return element("td", figure ? { className: "tb-number" } : {}, figure ? number(cell) : (cell ?? ""));
}

function number(value) {
  if (typeof value !== "number") {
    return value ?? "";
  }
  const size = Math.abs(value);
  const digits = size === 0 || size >= 1000 ? 0 : Math.max(0, 3 - Math.floor(Math.log10(size)));
  return value.toLocaleString("en-US", { maximumFractionDigits: Math.min(digits, 12) });
}

function fill(select, values, first) {
  select.replaceChildren(...(first === undefined ? [] : [element("option", { value: "" }, first)]));
  select.append(...values.map((value) => element("option", { value }, value)));
}

// --- tabs --------------------------------------------------------------------------------------------------------

const tabs = [...document.querySelectorAll("[role=tab]")];

function open(tab) {
  for (const each of tabs) {
    const chosen = each === tab;
    each.setAttribute("aria-selected", String(chosen));
    each.tabIndex = chosen ? 0 : -1;
    byId(each.getAttribute("aria-controls")).hidden = !chosen;
  }
  complain(null);
  say("");
}

tabs.forEach((tab, index) => {
  tab.addEventListener("click", () => open(tab));
  tab.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const target = step ? tabs[(index + step + tabs.length) % tabs.length] : { Home: tabs[0], End: tabs.at(-1) }[event.key];
    if (target) {
      event.preventDefault();
      open(target);
      target.focus();
    }
  });
});

// --- new model ---------------------------------------------------------------------------------------------------

let questions = {};

function wishes() {
  const checked = [...document.querySelectorAll("#new-platforms input:checked")].map((box) => box.value);
  return {
    name: byId("new-template").value,
    options: {
      platforms: checked,
      model: byId("new-model").value,
      shape: byId("new-shape").value,
      interactivity: byId("new-interactivity").value.trim(),
      months: byId("new-months").value.trim(),
      currency: byId("new-currency").value.trim().toUpperCase(),
      exchange_rate: byId("new-exchange-rate").value.trim(),
      as_of: byId("new-as-of").value,
    },
  };
}

function base64(buffer) {
  const bytes = new Uint8Array(buffer);
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(text);
}

byId("new-template").addEventListener("change", () => {
  byId("new-question").textContent = questions[byId("new-template").value] ?? "";
});

byId("new-form").addEventListener(
  "submit",
  doing(byId("new-open"), "Writing and computing the model ...", async () => {
    const content = await ask("template", { body: wishes(), binary: true });
    await Excel.createWorkbook(base64(content));
    say("The model stands open in a new window.");
  }),
);

byId("new-download").addEventListener(
  "click",
  doing(byId("new-download"), "Writing and computing the model ...", async () => {
    const wish = wishes();
    const content = await ask("template", { body: wish, binary: true });
    const type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    const url = URL.createObjectURL(new Blob([content], { type }));
    const link = element("a", { href: url, download: `${wish.name}.xlsx` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
    say(`${wish.name}.xlsx is downloaded.`);
  }),
);

// --- refresh and check -------------------------------------------------------------------------------------------

const openBook = () => xlwings.getBookData({});

function showLines(lines) {
  const result = byId("refresh-result");
  const changed = lines.filter((line) => line.status === "changed");
  const others = lines.filter((line) => line.status !== "changed" && line.status !== "same");
  result.replaceChildren();
  if (changed.length) {
    result.append(
      table("What changes", ["Cell", "Old", "New", "What it is"],
        changed.map((line) => [line.cell, line.old, line.new, `${line.name}, ${line.unit}. ${line.source}, ${line.as_of}`])),
    );
  }
  if (others.length) {
    result.append(table("What is left alone, or new in words only", ["Cell", "Why"], others.map((line) => [line.cell, line.meaning])));
  }
  result.focus();
}

byId("refresh-show").addEventListener(
  "click",
  doing(byId("refresh-show"), "Reading the workbook ...", async () => {
    const { lines, changes, said } = await ask("refresh", { body: { book: await openBook(), write: false } });
    showLines(lines);
    byId("refresh-apply").disabled = changes === 0;
    say(said);
  }),
);

byId("refresh-apply").addEventListener(
  "click",
  async (event) => {
    await doing(byId("refresh-apply"), "Writing the figures ...", async () => {
      const answer = await ask("refresh", { body: { book: await openBook(), write: true } });
      await xlwings.runActions(answer.actions);
      say(answer.said);
    })(event);
    byId("refresh-apply").disabled = true;
  },
);

byId("check-show").addEventListener(
  "click",
  doing(byId("check-show"), "Reading the checks ...", async () => {
    const { master, failed } = await ask("check", { body: { book: await openBook() } });
    const result = byId("refresh-result");
    result.replaceChildren();
    if (failed.length) {
      result.append(table("Checks that fail", ["Check"], failed.map((line) => [line.check])));
    }
    say(failed.length === 0 ? `All checks: ${master}` : failed.length === 1 ? "One check fails." : `${failed.length} checks fail.`);
  }),
);

// --- baselines ---------------------------------------------------------------------------------------------------

function figure(row) {
  const name = [row.platform, row.metric, row.model].filter(Boolean).join(", ");
  const words = [row.qualifier, row.words || row.conditions, row.tier].filter(Boolean);
  const notes = words.filter((each, index) => !words.slice(0, index).some((earlier) => earlier.includes(each)));
  if (row.origin !== "shipped") {
    notes.push("the team's own");
  }
  const article = element(
    "article",
    { className: "tb-figure" },
    element("h3", {}, name),
    element("p", { className: "tb-value" }, `${number(row.value)} ${row.unit}`),
    element("p", {}, notes.join("; ")),
    element("p", { className: "tb-hint" }, `${row.source}, as of ${row.as_of}, confidence ${row.confidence}`),
  );
  if (row.contradictions.length) {
    article.append(
      element("p", { className: "tb-hint" }, "Others say:"),
      element("ul", {}, ...row.contradictions.map((other) => element("li", {}, `${number(other.value)} ${other.unit}, ${other.source}, ${other.as_of}`))),
    );
  }
  const insert = element("button", { type: "button", className: "tb-second", "aria-label": `Insert a formula for ${name}` }, "Insert formula");
  insert.addEventListener("click", doing(insert, "Writing into the selected cell ...", async () => {
    const quoted = (text) => `"${String(text).replaceAll('"', '""')}"`;
    const words = [row.platform, row.metric, row.model ?? "", row.words ?? ""].map(quoted);
    await Excel.run(async (context) => {
      context.workbook.getSelectedRange().getCell(0, 0).formulas = [[`=TOK_BASELINE(${words.join(",")})`]];
      await context.sync();
    });
    say("The formula stands in the selected cell.");
  }));
  article.append(insert);
  return article;
}

byId("baselines-form").addEventListener(
  "submit",
  doing(document.querySelector("#baselines-form button"), "Looking up ...", async () => {
    const query = new URLSearchParams({ platform: byId("baselines-platform").value, metric: byId("baselines-metric").value });
    const { rows, more } = await ask(`baselines?${query}`);
    byId("baselines-result").replaceChildren(...rows.map(figure));
    say(rows.length === 0 ? "The catalogue has no such figure." : `${rows.length} figures${more ? `, and ${more} more` : ""}.`);
    byId("baselines-result").focus();
  }),
);

// --- claims ------------------------------------------------------------------------------------------------------

const SVG = "http://www.w3.org/2000/svg";

function drawn(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
  if (text !== undefined) {
    made.textContent = text;
  }
  return made;
}

// Bars of figures in one unit; on a log scale where the largest is far from the smallest.
function bars(title, figures) {
  const height = 34 * figures.length + 30;
  const values = figures.map((each) => each.value);
  const low = Math.min(...values);
  const high = Math.max(...values);
  const log = low > 0 && high / low > 50;
  const share = (value) => (log ? (Math.log(value / low) + 0.3) / (Math.log(high / low) + 0.3) : value / high);
  const chart = drawn("svg", { viewBox: `0 0 300 ${height}`, role: "img", "aria-label": `${title}: ${figures.map((f) => `${f.label} ${number(f.value)}`).join(", ")}` });
  chart.append(drawn("text", { x: 0, y: 14, class: "tb-chart-title" }, `${title}${log ? ", log scale" : ""}`));
  figures.forEach((each, index) => {
    const y = 26 + 34 * index;
    chart.append(
      drawn("text", { x: 0, y: y + 8, class: "tb-chart-label" }, each.label.replaceAll("_", " ")),
      drawn("rect", { x: 0, y: y + 12, width: Math.max(2, 210 * share(each.value)), height: 12, class: each.claimed ? "tb-bar-claimed" : "tb-bar" }),
      drawn("text", { x: 6 + Math.max(2, 210 * share(each.value)), y: y + 22, class: "tb-chart-label" }, number(each.value)),
    );
  });
  return chart;
}

function listed(title, texts) {
  const some = [texts ?? []].flat().filter(Boolean);
  return some.length === 0 ? [] : [element("h3", {}, title), element("ul", {}, ...some.map((text) => element("li", {}, text)))];
}

byId("claims-form").addEventListener(
  "submit",
  doing(document.querySelector("#claims-form button"), "Auditing ...", async () => {
    const claim = await ask(`claim?${new URLSearchParams({ id: byId("claims-id").value })}`);
    const result = byId("claims-result");
    const stated = (claim.figures ?? []).map((each) => ({ ...each, label: each.metric ?? each.name, claimed: true }));
    const implied = (claim.recomputed ?? []).map((each) => ({ ...each, label: each.name, claimed: false }));
    const units = Map.groupBy ? Map.groupBy([...stated, ...implied], (each) => each.unit) : groupBy([...stated, ...implied]);
    result.replaceChildren(
      element("h3", {}, claim.statement),
      element("p", {}, claim.qualifier),
      ...listed("Conditions", claim.conditions),
      ...listed("Not stated", claim.missing),
      ...listed("Said differently", claim.disagreements),
      ...listed("Measured", claim.measured),
      table("As claimed", ["Figure", "Value", "Unit"], stated.map((each) => [each.label, each.value, each.unit])),
      table("What follows", ["Figure", "Value", "Unit"], implied.map((each) => [each.label, each.value, each.unit])),
      ...[...units].filter(([, some]) => some.length > 1 && some.some((e) => !e.claimed) && some.every((e) => e.value > 0))
        .map(([unit, some]) => bars(`Claimed (orange) and implied (blue), ${unit}`, some)),
      ...listed("Sources", claim.sources),
    );
    say("");
    result.focus();
  }),
);

function groupBy(figures) {
  const groups = new Map();
  figures.forEach((each) => groups.set(each.unit, [...(groups.get(each.unit) ?? []), each]));
  return groups;
}

// --- start -------------------------------------------------------------------------------------------------------

byId("tb-sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  globalThis.tokenbookSignIn(byId("tb-token").value);
  byId("tb-token").value = "";
  signingIn(false);
  await start();
});

async function start() {
  complain(null);
  try {
    const found = await ask("choices");
    questions = Object.fromEntries(found.templates.map((each) => [each.name, each.question]));
    fill(byId("new-template"), Object.keys(questions));
    byId("new-question").textContent = questions[byId("new-template").value] ?? "";
    fill(byId("new-model"), found.models, "the usual one");
    byId("new-platforms").replaceChildren(
      ...found.platforms.map((name, index) =>
        element("span", {}, element("input", { type: "checkbox", id: `platform-${index}`, value: name }),
          element("label", { for: `platform-${index}` }, name))),
    );
    fill(byId("baselines-platform"), found.all_platforms, "all");
    fill(byId("baselines-metric"), found.metrics);
    byId("claims-id").replaceChildren(...found.claims.map((each) => element("option", { value: each.id }, `${each.id}: ${each.statement}`)));
    byId("tb-about").textContent = `${found.version}, catalogue of ${found.catalogue}${found.team ? " with the team's figures" : ""}`;
    byId("help-result").replaceChildren(
      ...found.functions.map((each) => element("details", {}, element("summary", {}, each.signature), element("p", {}, each.summary))),
    );
  } catch (error) {
    // Who opens the pane for the first time has done nothing wrong.
    if (byId("tb-sign-in").hidden || globalThis.tokenbookSignedIn()) {
      complain(error);
    }
  }
}

Office.onReady(start);
