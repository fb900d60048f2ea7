/** The policy page's script. The page is whole without it. */
import "../shared/theme.css";
import "./policy.css";
