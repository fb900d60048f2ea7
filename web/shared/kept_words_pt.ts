import type { KeptWords } from "./kept_words";

const conversations = (count: number) => (count === 1 ? "1 conversa" : `${count} conversas`);
const messages = (count: number) => (count === 1 ? "1 mensagem" : `${count} mensagens`);

const words: KeptWords = {
  reading: "A ver o que está guardado…",
  empty: "Agora não há nada guardado aqui.",
  size: "Tamanho",
  since: "Guardado desde",
  until: "Guardado até",
  value: "Conteúdo",
  where: {
    local: "No armazenamento local deste navegador",
    session: "Neste separador (armazenamento de sessão)",
    database: "Na base de dados deste navegador (IndexedDB)",
    memory: "Na memória desta página, até ser fechada",
    page: "No armazenamento do site à volta do chat, para este separador",
  },
  keyValue: "Uma chave que não pode ser lida nem exportada",
  remove: "Apagar",
  removeOf: (key) => `Apagar ${key}`,
  removed: (key) => `Apagado: ${key}`,
  removeAll: "Apagar tudo",
  removeAllAsk:
    "Apagar deste navegador tudo o que está nesta lista? Um chat ou uma sessão que precise disso termina aqui.",
  removedAll: "Tudo foi apagado.",
  exportAll: "Exportar como JSON",
  cancel: "Cancelar",
  plain: "Não foi possível carregar as descrições. Em vez delas veem-se os nomes.",
  chatPart: (site) => `Isto é o que o seu navegador guarda para o chat dentro de ${site}.`,
  chatOwnPart: "Isto é o que o seu navegador guarda para o chat aberto por si só e para as nossas outras páginas.",
  chatPagePart: "O site à volta do chat anota também, para este separador, se o chat está aberto.",
  chatLead: (host) => `O que este navegador guarda para ${host} aberto por si só`,
  pageLead: "Abra o chat no site e escolha «Os seus dados» no menu, também para apagar as suas conversas:",
  deskPart: (host) => `Isto é o que o seu navegador guarda para ${host}.`,
  deskLead: "O que o chat guarda dentro de um site é mostrado pelo chat desse site, em «Os seus dados».",
  deskMore: "Mais sobre o que é guardado",
  conversations: "As suas conversas",
  conversationsHint: "Estão no nosso servidor, não neste navegador.",
  exportConversations: "Exportar as minhas conversas",
  erase: "Apagar as minhas conversas",
  eraseAsk:
    "Apagar todas as suas conversas neste site? As suas mensagens e as nossas respostas são apagadas no servidor e aqui, e o chat termina. Isto não pode ser desfeito.",
  eraseYes: "Apagar de vez",
  erased: (count, texts) => `Apagado: ${conversations(count)} com ${messages(texts)}.`,
  working: "Um momento…",
  failed: "Não resultou. Verifique a ligação e tente outra vez.",
  sessionOver: "Entretanto este chat terminou, por isso já não podemos reconhecer que as conversas são suas.",
};

export default words;
