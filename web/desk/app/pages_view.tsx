import type { ComponentType } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { Icon } from "../../ui/kit/icon";
import { chevronLeft } from "../../ui/kit/icons";
import type { Operator } from "../../wire/frames";
import type { Verb } from "../../wire/permissions";
import type { DeskApi } from "../core/desk_api";
import { useTranslations } from "../core/desk_context";
import { PAGES, type PageName, type PagePlace, writePage, writeRoute } from "../core/desk_route";
import { LazyPart } from "../core/lazy";
import "../ui/pages.css";
import { importPart } from "../../core/import_part";
import { mayDo, PageContext, type PageProperties, usePageWords, WithPageWords } from "../core/page_context";

interface Properties {
  readonly call: DeskApi;
  readonly place: PagePlace;
  readonly operator: Operator;
  readonly onOperator: (changed: Partial<Operator>) => void;
}

type Page = ComponentType<PageProperties>;

/** The permission that each page needs, and its import. */
const PARTS: Record<PageName, { verb: Verb; load: () => Promise<Page> }> = {
  profile: {
    verb: "manage_own",
    load: importPart(() => import("../account/profile_page").then((it) => it.ProfilePage)),
  },
  security: {
    verb: "manage_own",
    load: importPart(() => import("../account/security_page").then((it) => it.SecurityPage)),
  },
  people: { verb: "read_people", load: importPart(() => import("../people/people_page").then((it) => it.PeoplePage)) },
  sites: { verb: "manage_sites", load: importPart(() => import("../sites/sites_page").then((it) => it.SitesPage)) },
  workspace: {
    verb: "manage_workspace",
    load: importPart(() => import("../workspace/workspace_page").then((it) => it.WorkspacePage)),
  },
  bans: { verb: "ban_visitor", load: importPart(() => import("../workspace/bans_page").then((it) => it.BansPage)) },
  server: {
    verb: "manage_workspace",
    load: importPart(() => import("../workspace/server_data_page").then((it) => it.ServerDataPage)),
  },
  retention: {
    verb: "manage_workspace",
    load: importPart(() => import("../privacy/retention_page").then((it) => it.RetentionPage)),
  },
  requests: {
    verb: "erase_data",
    load: importPart(() => import("../privacy/requests_page").then((it) => it.RequestsPage)),
  },
  audit: { verb: "read_audit", load: importPart(() => import("../workspace/audit_page").then((it) => it.AuditPage)) },
};

/** The settings pages, with links between them and back to the conversations. */
export function PagesView(props: Properties) {
  return (
    <WithPageWords>
      <PageFrame {...props} />
    </WithPageWords>
  );
}

function PageFrame({ call, place, operator, onOperator }: Properties) {
  const { page, item } = place;
  const { verb, load } = PARTS[page];
  return (
    <PageContext.Provider value={{ call, operator, onOperator }}>
      <PageNav page={page} operator={operator} />
      <div class="page-scroll">
        <div class="page">
          <PageTitle page={page} />
          {mayDo(operator, verb) ? <LazyPart load={load} properties={{ item }} /> : <Forbidden />}
        </div>
      </div>
    </PageContext.Provider>
  );
}

function PageNav({ page, operator }: { readonly page: PageName; readonly operator: Operator }) {
  const { words } = useTranslations();
  const { pages } = usePageWords();
  const shown = PAGES.filter((name) => mayDo(operator, PARTS[name].verb));
  return (
    <nav class="page-nav" aria-label={pages.nav}>
      <a class="page-back" href={writeRoute(null)}>
        <Icon of={chevronLeft} flips />
        {words.back}
      </a>
      <ul>
        {shown.map((name) => (
          <li key={name}>
            <a href={writePage(name)} aria-current={name === page ? "page" : undefined}>
              {pages[name]}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** When another page is shown, its heading takes the focus, so that screen readers read it from the start. */
function PageTitle({ page }: { readonly page: PageName }) {
  const { pages } = usePageWords();
  const heading = useRef<HTMLHeadingElement>(null);
  useLayoutEffect(() => heading.current?.focus({ preventScroll: true }), [page]);
  useEffect(() => {
    document.title = `${pages[page]} · Crumbless`;
  }, [page, pages]);
  return (
    <h1 class="page-title" tabIndex={-1} ref={heading}>
      {pages[page]}
    </h1>
  );
}

function Forbidden() {
  const { forbidden } = usePageWords();
  return <p class="page-lead">{forbidden}</p>;
}
