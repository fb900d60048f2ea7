import type { ConnectionCheckTexts } from "texts:connection_check";
import loaders from "texts:connection_check/lazy";
import { useEffect, useState } from "preact/hooks";
import { Button } from "../../ui/kit/button";
import { Icon } from "../../ui/kit/icon";
import { check, minus, triangleAlert, x } from "../../ui/kit/icons";
import { LazyTexts } from "../core/lazy";
import { CHECKS, type CheckName, type Finding, type Findings, runConnectionCheck, worstOf } from "./check_run";

interface Properties {
  readonly words: ConnectionCheckTexts;
}

/** The connection check in the operator's language. */
export function ConnectionCheckView() {
  return <LazyTexts loaders={loaders}>{(words) => <ConnectionCheck words={words} />}</LazyTexts>;
}

/** The results, row by row as they arrive, and a summary. */
function ConnectionCheck({ words }: Properties) {
  const [findings, setFindings] = useState<Findings>({});
  const [running, setRunning] = useState(true);
  const run = () => {
    setFindings({});
    setRunning(true);
    void runConnectionCheck(location.origin, setFindings).finally(() => setRunning(false));
  };
  useEffect(run, []);
  const state = worstOf(findings);
  return (
    <>
      <p class="check-intro">{words.intro}</p>
      <p class={running ? "check-result" : `check-result check-${state}`} role="status">
        {running ? words.running : words.result[state]}
      </p>
      <ul class="check-list">
        {CHECKS.map((name) => (
          <Row key={name} name={name} finding={findings[name]} words={words} />
        ))}
      </ul>
      <Button disabled={running} onClick={run}>
        {words.again}
      </Button>
    </>
  );
}

interface RowProperties {
  readonly name: CheckName;
  /** Missing until the check has run. */
  readonly finding: Finding | undefined;
  readonly words: ConnectionCheckTexts;
}

const MARKS = { good: check, warn: triangleAlert, bad: x, none: minus };

function Row({ name, finding, words }: RowProperties) {
  const state = finding?.state ?? "none";
  return (
    <li class={`check-row check-${state}`}>
      <span class="check-mark">
        <Icon of={MARKS[state]} />
      </span>
      <div>
        <p class="check-name">{words.names[name]}</p>
        {finding && <p>{sentence(name, finding, words)}</p>}
        {finding && finding.state !== "good" && <p class="check-advice">{words.advice[name]}</p>}
      </div>
    </li>
  );
}

function sentence(name: CheckName, { state, milliseconds }: Finding, words: ConnectionCheckTexts): string {
  if (state !== "good") return words.wrong[name];
  return milliseconds === undefined ? words.fine : words.fineAfter({ milliseconds });
}
