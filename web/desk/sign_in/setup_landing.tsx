import { useRef, useState } from "preact/hooks";
import { chooseLanguage } from "../../i18n/language";
import { Button } from "../../ui/kit/button";
import type { SetUpLinkResponse, SetUpResponse, SiteSeen } from "../../wire/site_wire";
import { useTranslations } from "../core/desk_context";
import { usePageWords } from "../core/page_context";
import "../privacy/privacy.css";
import { Field } from "../../ui/kit/field";
import { type Period, PeriodSelect } from "../privacy/period_select";
import { WithPrivacyTexts } from "../privacy/privacy_texts";
import { EmbedSnippet } from "../sites/embed_section";
import { isOrigin, parseOrigins } from "../sites/parse_origins";
import { ActionStatus } from "../ui/page_parts";
import { SignedOutCard } from "../ui/signed_out_card";
import { useAction } from "../ui/use_action";
import { type EntryProperties, WhenLinkWorks } from "./link_check";
import { NewPasswordField } from "./new_password_field";
import { type NewSession, newKey, timeZone } from "./sign_in_api";

/** A new workspace, and the session of its owner. */
interface Made {
  readonly answer: SetUpResponse;
  readonly entered: NewSession;
}

/** The first run: creates the workspace, its owner and the first site, then shows the embed code. */
export function SetupEntry(props: EntryProperties) {
  const { api, secret, onLeave } = props;
  const [made, setMade] = useState<Made | null>(null);
  if (made) return <SetupDone made={made} {...props} />;
  const read = () => api.post<SetUpLinkResponse>("/v1/setup/read", { secret }, { signed: false });
  return (
    <WhenLinkWorks read={read} onLeave={onLeave}>
      {(view) => <SetupForm view={view} onMade={setMade} {...props} />}
    </WhenLinkWorks>
  );
}

const FIELDS = ["workspace_name", "name", "email", "password", "site_name", "site_origins"] as const;
type FieldName = (typeof FIELDS)[number];
type Faults = Partial<Record<FieldName, string>>;

interface FormProperties extends EntryProperties {
  readonly view: SetUpLinkResponse;
  readonly onMade: (made: Made) => void;
}

function SetupForm({ view, api, secret, onMade }: FormProperties) {
  const { entry, sites, profile, required } = usePageWords();
  const { language } = useTranslations();
  const fields = Object.fromEntries(FIELDS.map((name) => [name, useRef<HTMLInputElement>(null)])) as Record<
    FieldName,
    { current: HTMLInputElement | null }
  >;
  const [faults, setFaults] = useState<Faults>({});
  const [period, setPeriod] = useState<Period>(null);
  const action = useAction();
  const typed = (name: FieldName) => fields[name].current?.value ?? "";
  const check = (origins: readonly string[]): Faults => {
    const found: Faults = {};
    for (const name of FIELDS) if (!typed(name).trim()) found[name] = required;
    const wrong = origins.find((origin) => !isOrigin(origin));
    if (wrong) found.site_origins = sites.badOrigin({ line: wrong });
    return found;
  };
  const submit = async (event: Event) => {
    event.preventDefault();
    const origins = parseOrigins(typed("site_origins"));
    const found = check(origins);
    setFaults(found);
    const first = FIELDS.find((name) => found[name]);
    if (first) return fields[first].current?.focus();
    await action.run(async () => {
      const key = await newKey();
      const body = {
        secret,
        workspace_name: typed("workspace_name").trim(),
        name: typed("name").trim(),
        email: typed("email").trim(),
        password: typed("password"),
        site_name: typed("site_name").trim(),
        site_origins: origins,
        languages: [chooseLanguage(language).language],
        time_zone: timeZone(),
      };
      const answer = await api.post<SetUpResponse>("/v1/setup", body, { key });
      if (typeof period === "number") {
        const own = api.withSession({ token: answer.token, key });
        // The workspace exists. A failure here must not look like a failed set-up: the page "Retention" shows the rule.
        await own.post("/v1/desk/retention", { conversation_days: period }).catch(() => {});
      }
      // The policy of a new workspace requires nothing.
      onMade({ answer, entered: { answer: { ...answer, only_sets_up: false }, key } });
    });
  };
  const text = (name: FieldName) => ({
    inputRef: fields[name],
    fault: faults[name] ?? "",
    maxLength: 80,
    type: "text" as const,
    dir: "auto" as const,
  });
  return (
    <SignedOutCard title={entry.setupTitle} hint={entry.setupLead} wide>
      <form class="sign-in-form" onSubmit={submit} noValidate>
        <Field
          label={entry.workspaceName}
          autocomplete="organization"
          defaultValue={view.workspace_name}
          readOnly={view.workspace_name !== ""}
          {...text("workspace_name")}
        />
        <h2 class="sign-in-part">{entry.you}</h2>
        <Field label={entry.yourName} hint={profile.nameHint} autocomplete="name" {...text("name")} />
        <Field
          label={entry.email}
          autocomplete="username"
          spellcheck={false}
          {...text("email")}
          type="email"
          maxLength={254}
          dir="ltr"
        />
        <NewPasswordField field={fields.password} missing={faults.password !== undefined} />
        <h2 class="sign-in-part">{entry.siteTitle}</h2>
        <Field label={sites.name} hint={sites.nameHint} autocomplete="off" {...text("site_name")} />
        <Field
          label={sites.origins}
          hint={entry.originHint}
          autocomplete="url"
          inputMode="url"
          spellcheck={false}
          {...text("site_origins")}
          maxLength={400}
          dir="ltr"
        />
        <WithPrivacyTexts>
          {({ setUp }) => (
            <PeriodSelect label={setUp.ask} hint={setUp.hint} value={period} never onChange={setPeriod} />
          )}
        </WithPrivacyTexts>
        <ActionStatus action={action} />
        <Button kind="primary" type="submit" busy={action.busy}>
          {entry.setUp}
        </Button>
      </form>
    </SignedOutCard>
  );
}

function SetupDone({ made, api, onEntered }: EntryProperties & { readonly made: Made }) {
  const { entry } = usePageWords();
  const { site } = made.answer;
  const session = { token: made.answer.token, key: made.entered.key };
  const [own] = useState(() => api.withSession(session));
  return (
    <SignedOutCard title={entry.setUpDone} wide>
      <EmbedSnippet site={site} ask={() => own.get<SiteSeen>(`/v1/desk/sites/${site.key}/seen`)} />
      <div class="sign-in-form">
        <Button kind="primary" onClick={() => void onEntered(made.entered)}>
          {entry.toDesk}
        </Button>
      </div>
    </SignedOutCard>
  );
}
