// The pages before signing in need the theme switch, and can be installed from.
import { start as startPreferences } from "./preferences.js";
import { start as startInstalled } from "./installed.js";

try {
  sessionStorage.removeItem("draft-sent"); // a form sent after the session ended was not saved
} catch {
  // storage is off: nothing was kept
}
startPreferences();
startInstalled();
