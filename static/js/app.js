// The signed-in page: each module takes care of one part and returns at once where that part is absent.
import { start as startLayers } from "./layers.js";
import { start as startKeys } from "./keys.js";
import { start as startPreferences } from "./preferences.js";
import { start as startToasts } from "./toasts.js";
import { start as startPalette } from "./palette.js";
import { start as startList } from "./list.js";
import "./cards.js";
import { start as startPanels } from "./panels.js";
import { start as startBuilder } from "./builder.js";
import { start as startColumns } from "./columns.js";
import { start as startRecord } from "./record.js";
import { start as startComposer } from "./composer.js";
import { start as startDrafts } from "./drafts.js";
import { start as startForm } from "./form.js";
import { start as startCollections } from "./collections.js";
import { start as startQuick } from "./quick.js";
import { start as startPaste } from "./paste.js";
import { start as startPicker } from "./picker.js";
import { start as startSetup } from "./setup.js";
import { start as startChoices } from "./choices.js";
import { start as startInsert } from "./insert.js";
import { start as startLayouts } from "./layouts.js";
import { start as startTour } from "./tour.js";
import { start as startInstalled } from "./installed.js";
import { start as startDocuments } from "./documents.js";
import { start as startLibrary } from "./library.js";
import { start as startFileFields } from "./filefields.js";

startForm(); // first: it keeps the Enter of a composition from all others
startToasts();
startLayers();
startKeys();
startPreferences();
startPalette();
startList();
startPanels();
startBuilder();
startColumns();
startRecord();
startComposer();
startDrafts();
startCollections();
startQuick();
startPaste();
startPicker();
startSetup();
startChoices();
startInsert();
startLayouts();
startTour();
startInstalled();
startDocuments();
startLibrary();
startFileFields();

// Where a row of tabs is wider than the screen, the current one is in sight.
for (const one of document.querySelectorAll(".tabs [aria-current], .steps [aria-current], .column.keep [aria-current]")) {
  const row = one.closest(".tabs, .steps, .column");
  if (row.scrollWidth > row.clientWidth) row.scrollLeft = one.offsetLeft - row.offsetLeft - 16;
}
const root = document.documentElement;
document.addEventListener("htmx:beforeRequest", () => root.classList.add("busy"));
document.addEventListener("htmx:afterRequest", () => root.classList.remove("busy"));
