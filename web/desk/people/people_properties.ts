import type { PeopleResponse } from "../../wire/people_wire";

/** Properties of each part of the people page. */
export interface PeopleProperties {
  readonly view: PeopleResponse;
  /** Shows a text for the completed action, and loads the page's data again. */
  readonly onDone: (text: string) => void;
}
