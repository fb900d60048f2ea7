import { useEffect } from "preact/hooks";
import type { SiteResponse, SiteSeen } from "../../wire/site_wire";
import { useTranslations } from "../core/desk_context";
import { usePage, usePageWords } from "../core/page_context";
import { formatTime } from "../ui/format_time";
import { CopyButton, Section } from "../ui/page_parts";
import { useResource } from "../ui/use_action";

/** Interval of the requests for whether the widget was seen, in milliseconds. */
const ASK_EVERY = 3_000;

interface Properties {
  readonly site: SiteResponse;
}

/** The embed code, and whether the widget was seen on one of the site's pages. */
export function EmbedSection({ site }: Properties) {
  const { call } = usePage();
  return <EmbedSnippet site={site} ask={() => call.get<SiteSeen>(`/v1/desk/sites/${site.key}/seen`)} />;
}

interface LineProperties extends Properties {
  readonly ask: () => Promise<SiteSeen>;
}

export function EmbedSnippet({ site, ask }: LineProperties) {
  const { sites: words } = usePageWords();
  return (
    <Section title={words.embed} lead={words.embedHint}>
      <div class="embed">
        <code dir="ltr">{site.embed}</code>
        <CopyButton text={site.embed} />
      </div>
      <Seen site={site} ask={ask} />
    </Section>
  );
}

/** Repeats the request until the widget was seen, only while the page is visible. */
function Seen({ site, ask }: LineProperties) {
  const { sites: words } = usePageWords();
  const { language } = useTranslations();
  const { value, reload } = useResource(ask, [site.key]);
  const seen = value ?? site;
  useEffect(() => {
    if (seen.embed_seen_at !== null) return;
    const timer = setInterval(() => document.visibilityState === "visible" && void reload(), ASK_EVERY);
    return () => clearInterval(timer);
  }, [seen.embed_seen_at, site.key]);
  return (
    <p class={seen.embed_seen_at === null ? "seen" : "seen seen-yes"} role="status">
      {seen.embed_seen_at === null
        ? words.notSeen
        : words.seenAt({
            origin: seen.embed_seen_origin ?? "",
            time: formatTime(seen.embed_seen_at, Date.now(), language),
          })}
    </p>
  );
}
