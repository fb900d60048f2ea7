/** The second layer: a switch for each category, the items that each service stores, and three equal buttons to answer. */
import { type Category, type Grants, NOTHING, type Row, type Service } from "./consent_config";
import { answerButton, type ConsentView, fill, policyLink } from "./consent_view";
import { make } from "./dom";

function makeRow({ said: { words } }: ConsentView, [where, key, longest, purpose, domain]: Row) {
  const place = domain ? `${where}, ${domain}` : where;
  return make("li", {}, make("bdi", { class: "key" }, key), `${purpose} (${place}; ${fill(words.longest, longest)})`);
}

function makeService(view: ConsentView, { title, privacy, rows }: Service) {
  const { words } = view.said;
  const link = make("a", { href: privacy, target: "_blank", rel: "noopener noreferrer" }, fill(words.privacy, title));
  // A service that only the server reports to stores nothing here.
  if (!rows.length) return link;
  return make(
    "details",
    {},
    make("summary", {}, fill(words.keeps, title)),
    make("ul", {}, ...rows.map((row) => makeRow(view, row))),
    link,
  );
}

function makeSwitch(view: ConsentView, category: Category, granted: boolean): [HTMLElement, HTMLInputElement] {
  const { words, services } = view.said;
  const input = make("input", { type: "checkbox", role: "switch", "aria-describedby": category });
  input.checked = granted;
  const part = make(
    "div",
    { class: "part" },
    make("label", {}, words[category], input),
    make("p", { id: category }, words[`${category}Text`]),
    ...services.filter((service) => service.category === category).map((service) => makeService(view, service)),
  );
  return [part, input];
}

/** Open the choices. The focus moves to their heading, and back when they are closed. */
export function openChoices(view: ConsentView, granted: Grants, answer: (grants: Grants) => void): void {
  const { words, categories } = view.said;
  const switches = categories.map((category) => [category, ...makeSwitch(view, category, granted[category])] as const);
  const note = view.note();
  const heading = make("h2", { id: "choices", tabindex: "-1" }, words.open);
  const decide = (pick: (input: HTMLInputElement) => boolean) => () => {
    const grants = { ...NOTHING };
    for (const [category, , input] of switches) grants[category] = pick(input);
    dialog.close();
    answer(grants);
  };
  const dialog: HTMLDialogElement = make(
    "dialog",
    { class: "card", "aria-labelledby": "choices" },
    make("button", { type: "button", class: "close", "aria-label": words.close, click: () => dialog.close() }, "×"),
    heading,
    make("p", {}, words.intro, " ", policyLink(view)),
    note && make("p", { class: "note" }, note),
    make(
      "fieldset",
      { "aria-labelledby": "choices" },
      make(
        "div",
        { class: "part" },
        make("div", { class: "label" }, words.necessary, make("small", {}, words.always)),
        make("p", {}, words.necessaryText),
      ),
      ...switches.map(([, part]) => part),
    ),
    make(
      "div",
      { class: "answers" },
      answerButton(
        "save",
        words.save,
        decide((input) => input.checked),
      ),
      answerButton(
        "accept",
        words.accept,
        decide(() => true),
      ),
      answerButton(
        "reject",
        words.reject,
        decide(() => false),
      ),
    ),
  );
  dialog.addEventListener("close", () => dialog.remove());
  view.stage.append(dialog);
  dialog.showModal();
  heading.focus();
}
