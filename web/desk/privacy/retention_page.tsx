import { useEffect, useState } from "preact/hooks";
import { Button } from "../../ui/kit/button";
import type { RetentionPreview, RetentionRequest, RetentionResponse, SiteRetention } from "../../wire/retention_wire";
import type { SitesResponse } from "../../wire/site_wire";
import { useTranslations } from "../core/desk_context";
import { usePage } from "../core/page_context";
import { formatFullTime } from "../ui/format_time";
import { ActionStatus, Section, WhenReady } from "../ui/page_parts";
import { type Action, useAction, useResource } from "../ui/use_action";
import { Counts } from "./counts";
import { DeletionSection } from "./deletion_section";
import { ExportButton } from "./export_button";
import "./privacy.css";
import { type Period, PeriodSelect, periodText } from "./period_select";
import { type PrivacyTexts, WithPrivacyTexts } from "./privacy_texts";

const LEAST_AUDIT_DAYS = 91;

interface Loaded {
  readonly stored: RetentionResponse;
  readonly sites: SitesResponse;
}

/** How long data is stored, and what the next run deletes. */
export function RetentionPage() {
  const { call } = usePage();
  const loaded = useResource<Loaded>(async () => {
    const [stored, sites] = await Promise.all([
      call.get<RetentionResponse>("/v1/desk/retention"),
      call.get<SitesResponse>("/v1/desk/sites"),
    ]);
    return { stored, sites };
  });
  return (
    <WithPrivacyTexts>
      {(texts) => (
        <>
          <p class="page-lead">{texts.retention.lead}</p>
          <WhenReady of={loaded}>
            {(view) => (
              <Rules texts={texts} view={view} onSaved={(stored) => loaded.put({ stored, sites: view.sites })} />
            )}
          </WhenReady>
          <DeletionSection texts={texts} />
        </>
      )}
    </WithPrivacyTexts>
  );
}

interface RulesProperties {
  readonly texts: PrivacyTexts;
  readonly view: Loaded;
  readonly onSaved: (stored: RetentionResponse) => void;
}

function Rules({ texts, view, onSaved }: RulesProperties) {
  const { retention: words } = texts;
  const { language } = useTranslations();
  const { call } = usePage();
  const { stored } = view;
  const [rules, setRules] = useState(stored.rules);
  const action = useAction();
  const changed = JSON.stringify(rules) !== JSON.stringify(stored.rules);
  const save = () =>
    action.run(async () => {
      const after = await call.post<RetentionResponse>("/v1/desk/retention", rules);
      onSaved(after);
      setRules(after.rules);
    });
  const discard = () => setRules(stored.rules);
  return (
    <>
      <Section title={words.next({ time: formatFullTime(stored.next.at, language) })} lead={words.withSaved}>
        <PreviewCounts texts={texts} of={stored.next} />
      </Section>
      <RuleFields texts={texts} view={view} rules={rules} onChange={setRules} />
      {changed && <Consequence texts={texts} rules={rules} action={action} onSave={save} onDiscard={discard} />}
    </>
  );
}

interface FieldProperties extends Omit<RulesProperties, "onSaved"> {
  readonly rules: RetentionRequest;
  readonly onChange: (rules: RetentionRequest) => void;
}

function RuleFields({ texts, view, rules, onChange }: FieldProperties) {
  const { retention: words } = texts;
  const { language } = useTranslations();
  const { stored, sites } = view;
  const byDefault = (days: number) => words.byDefault({ period: periodText(days, language) });
  // Undefined and null are the same for the server; "inherit" is shown for both.
  const daysOf = (value: Period) => (typeof value === "number" ? value : null);
  const own = (key: string) => rules.sites?.find((one) => one.key === key);
  const changeSite = (key: string, value: Period) => {
    const others = (rules.sites ?? []).filter((one) => one.key !== key);
    const before = own(key) ?? { key, receipt_days: null };
    const rule: SiteRetention = { ...before, conversation_days: daysOf(value) };
    onChange({ ...rules, sites: value === "inherit" ? others : [...others, rule] });
  };
  return (
    <>
      <Section title={words.visitors}>
        <div class="rules">
          <PeriodSelect
            label={words.closed}
            hint={words.closedHint}
            value={rules.conversation_days ?? null}
            never
            onChange={(value) => onChange({ ...rules, conversation_days: daysOf(value) })}
          />
          <PeriodSelect
            label={words.receipts}
            hint={words.receiptsHint}
            value={rules.receipt_days ?? "inherit"}
            inherited={byDefault(stored.default_receipt_days)}
            onChange={(value) => onChange({ ...rules, receipt_days: daysOf(value) })}
          />
        </div>
      </Section>
      {sites.sites.length > 1 && (
        <Section title={words.sites} lead={words.sitesHint}>
          <div class="rules">
            {sites.sites.map((site) => (
              <PeriodSelect
                key={site.key}
                label={<bdi>{site.name}</bdi>}
                value={own(site.key) ? (own(site.key)?.conversation_days ?? null) : "inherit"}
                inherited={words.asWorkspace}
                never
                onChange={(value) => changeSite(site.key, value)}
              />
            ))}
          </div>
        </Section>
      )}
      <Section title={words.workspace}>
        <div class="rules">
          <PeriodSelect
            label={words.auditLog}
            hint={words.auditHint}
            value={rules.audit_days ?? "inherit"}
            inherited={byDefault(stored.default_audit_days)}
            least={LEAST_AUDIT_DAYS}
            onChange={(value) => onChange({ ...rules, audit_days: daysOf(value) })}
          />
        </div>
      </Section>
    </>
  );
}

interface ConsequenceProperties {
  readonly texts: PrivacyTexts;
  readonly rules: RetentionRequest;
  readonly action: Action;
  readonly onSave: () => void;
  readonly onDiscard: () => void;
}

/** The data that the changed rules would delete, before they are saved. */
function Consequence({ texts, rules, action, onSave, onDiscard }: ConsequenceProperties) {
  const { retention: words } = texts;
  const { call, may } = usePage();
  const [preview, setPreview] = useState<RetentionPreview | null>(null);
  const asked = JSON.stringify(rules);
  useEffect(() => {
    let current = true;
    setPreview(null);
    call.post<RetentionPreview>("/v1/desk/retention/preview", rules).then(
      (found) => current && setPreview(found),
      // The counts are missing, and saving reports the reason.
      () => {},
    );
    return () => {
      current = false;
    };
  }, [asked]);
  return (
    <section class="consequence" role="status">
      <p>{words.withNew}</p>
      {preview && <PreviewCounts texts={texts} of={preview} />}
      <div class="form-buttons">
        <Button kind="primary" busy={action.busy} onClick={onSave}>
          {words.confirm}
        </Button>
        <Button onClick={onDiscard}>{words.discard}</Button>
        {may("delete_workspace") && <ExportButton label={words.export} path="/v1/desk/workspace/export" />}
      </div>
      <ActionStatus action={action} />
    </section>
  );
}

function PreviewCounts({ texts, of }: { readonly texts: PrivacyTexts; readonly of: RetentionPreview }) {
  const { retention: words } = texts;
  return (
    <Counts
      of={[
        [words.conversations, of.conversations],
        [words.contacts, of.contacts],
        [words.receipts, of.receipts],
        [words.auditEntries, of.audit_entries],
      ]}
    />
  );
}
