/** "Your data": the items that the browser stores for the chat, and the data on the server. Loaded when it is opened. */
import type { JSX } from "preact";
import { StoredConversations } from "../../stored_data/stored_conversations";
import { StoredDataView } from "../../stored_data/stored_data_view";
import type { LayerProps } from "./chat_layer";

export default function YourDataView({ language, config, api, onErased }: LayerProps): JSX.Element {
  const { site, name, publicUrl } = config;
  const isFramed = window.parent !== window;
  return (
    <StoredDataView
      language={language}
      site={site}
      intro={(words) => (
        <>
          <p>{isFramed ? words.chatPart({ site: name }) : words.chatOwnPart}</p>
          {isFramed && <p>{words.chatPagePart}</p>}
        </>
      )}
      outro={(words, say) => (
        <>
          {api.session && <StoredConversations api={api} words={words} say={say} onErased={onErased} />}
          <p>
            <a href={`${publicUrl}/policy/${site}?lang=${language}#kept`} target="_blank" rel="noopener">
              {words.chatLead({ host: new URL(publicUrl).host })}
            </a>
          </p>
        </>
      )}
    />
  );
}
