// The pages before signing in need only the theme switch.
import { start as startPreferences } from "./preferences.js";

startPreferences();
