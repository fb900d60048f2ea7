/** The policy page's script: the chosen theme, and the list of stored items. The page is complete without it. */
import "../ui/theme.css";
import { followTheme } from "../storage/preferences";
import { followInput } from "../ui/focus_ring";
import { showStoredData } from "./stored_data_place";
import "./policy.css";
import "./policy_parts.css";
import "./policy_tables.css";
import "./policy_print.css";

followTheme(document);
followInput(document);
const place = document.getElementById("kept");
if (place) void showStoredData(place);
