/** The policy page's script: the chosen theme, and the list of stored items. The page is complete without it. */
import "../shared/theme.css";
import { followInput } from "../shared/focus_ring";
import { followTheme } from "../shared/preferences";
import { showStoredData } from "./kept_place";
import "./policy.css";

followTheme(document);
followInput(document);
const place = document.getElementById("kept");
if (place) void showStoredData(place);
