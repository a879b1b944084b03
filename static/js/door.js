// The pages before signing in need the theme switch, and can be installed from.
import { start as startPreferences } from "./preferences.js";
import { start as startInstalled } from "./installed.js";

startPreferences();
startInstalled();
