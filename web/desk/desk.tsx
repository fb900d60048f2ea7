import { render } from "preact";

render(<p>frame</p>, document.body);
