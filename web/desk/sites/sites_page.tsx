import { Icon } from "../../ui/kit/icon";
import { chevronLeft } from "../../ui/kit/icons";
import type { SiteResponse, SitesResponse } from "../../wire/site_wire";
import { writePage } from "../core/desk_route";
import { type PageProperties, usePage, usePageWords } from "../core/page_context";
import { SiteDeletion } from "../privacy/delete_section";
import { ActionStatus, Section, WhenReady } from "../ui/page_parts";
import { useAction, useResource } from "../ui/use_action";
import { EmbedSection } from "./embed_section";
import { IdentityKeys } from "./identity_keys";
import { SiteForm } from "./site_form";

/** The route of the form for a new site. Every key is longer. */
const NEW = "new";

/** The websites of the workspace: all of them, or one with its settings. */
export function SitesPage({ item }: PageProperties) {
  const { call } = usePage();
  const loaded = useResource(() => call.get<SitesResponse>("/v1/desk/sites"));
  return (
    <WhenReady of={loaded}>{(view) => <Sites key={item} view={view} item={item} onChanged={loaded.put} />}</WhenReady>
  );
}

interface SitesProperties {
  readonly view: SitesResponse;
  readonly item: string | null;
  readonly onChanged: (view: SitesResponse) => void;
}

function Sites({ view, item, onChanged }: SitesProperties) {
  const { faults } = usePageWords();
  const site = view.sites.find(({ key }) => key === item);
  const put = (changed: SiteResponse) => {
    const known = view.sites.some(({ key }) => key === changed.key);
    const sites = view.sites.map((site) => (site.key === changed.key ? changed : site));
    onChanged({ sites: known ? sites : [...view.sites, changed] });
  };
  if (item === null) return <SiteList sites={view.sites} />;
  if (item === NEW) return <NewSite onMade={put} />;
  if (!site) return <p class="page-lead">{faults.not_found}</p>;
  return <SiteSettings site={site} onChanged={put} />;
}

function SiteList({ sites }: { readonly sites: readonly SiteResponse[] }) {
  const { sites: words } = usePageWords();
  return (
    <>
      <p class="page-lead">{sites.length === 0 ? words.noSites : words.lead}</p>
      <div class="form-buttons">
        <a class="button button-primary" href={writePage("sites", NEW)}>
          {words.add}
        </a>
      </div>
      <ul class="page-list">
        {sites.map((site) => (
          <li key={site.key}>
            <div class="page-list-text">
              <a href={writePage("sites", site.key)}>
                <bdi>{site.name}</bdi>
              </a>
              <span>
                <bdi>{site.origins.join(", ")}</bdi>
              </span>
            </div>
            <span class={site.embed_seen_at === null ? "mark" : "mark mark-good"}>
              {site.embed_seen_at === null ? words.notSeenShort : words.seen}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

function NewSite({ onMade }: { readonly onMade: (site: SiteResponse) => void }) {
  const { sites: words } = usePageWords();
  const { call } = usePage();
  const action = useAction();
  return (
    <>
      <AllSites />
      <Section title={words.add}>
        <SiteForm
          busy={action.busy}
          onGiven={(request) =>
            void action.run(async () => {
              const site = await call.post<SiteResponse>("/v1/desk/sites", request);
              onMade(site);
              location.hash = writePage("sites", site.key);
            })
          }
        />
        <ActionStatus action={action} />
      </Section>
    </>
  );
}

function SiteSettings({
  site,
  onChanged,
}: {
  readonly site: SiteResponse;
  readonly onChanged: (site: SiteResponse) => void;
}) {
  const { sites: words, saved } = usePageWords();
  const { call } = usePage();
  const action = useAction();
  return (
    <>
      <AllSites />
      <EmbedSection site={site} />
      <Section title={words.open({ name: site.name })}>
        <SiteForm
          site={site}
          busy={action.busy}
          onGiven={(request) =>
            void action.run(
              async () => onChanged(await call.post<SiteResponse>(`/v1/desk/sites/${site.key}`, request)),
              saved,
            )
          }
        />
        <ActionStatus action={action} />
      </Section>
      <IdentityKeys site={site.key} />
      <SiteDeletion site={site} onChanged={onChanged} />
    </>
  );
}

function AllSites() {
  const { sites: words } = usePageWords();
  return (
    <p>
      <a class="page-up" href={writePage("sites")}>
        <Icon of={chevronLeft} flips />
        {words.all}
      </a>
    </p>
  );
}
