// Buttons of the ribbon: each shows the task pane at its tab.
"use strict";
const TABS = { New: "new", Refresh: "refresh", Check: "refresh", Help: "help" };
Office.actions.associate("tokenbook-show", async (event) => {
  const wanted = (event.source?.id ?? "").replace("Tokenbook.", "");
  await Office.addin?.showAsTaskpane?.();
  document.getElementById(`tab-${TABS[wanted] ?? "new"}`)?.click();
  if (wanted === "Check") {
    document.getElementById("check-show")?.click();
  }
  event.completed();
});
