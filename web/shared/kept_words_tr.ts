import type { KeptWords } from "./kept_words";

const conversations = (count: number) => (count === 1 ? "1 görüşme" : `${count} görüşme`);
const messages = (count: number) => (count === 1 ? "1 mesaj" : `${count} mesaj`);

const words: KeptWords = {
  reading: "Saklananlara bakılıyor…",
  empty: "Şu anda burada saklanan bir şey yok.",
  size: "Boyut",
  since: "Şu zamandan beri",
  until: "Şu zamana kadar",
  value: "İçerik",
  where: {
    local: "Bu tarayıcının yerel depolamasında",
    session: "Bu sekmede (oturum depolaması)",
    database: "Bu tarayıcının veritabanında (IndexedDB)",
    memory: "Bu sayfanın belleğinde, kapatılana kadar",
    page: "Sohbetin çevresindeki sitenin deposunda, bu sekme için",
  },
  keyValue: "Okunamayan ve dışa aktarılamayan bir anahtar",
  remove: "Sil",
  removeOf: (key) => `Sil: ${key}`,
  removed: (key) => `Silindi: ${key}`,
  removeAll: "Hepsini sil",
  removeAllAsk:
    "Burada sıralanan her şey bu tarayıcıdan silinsin mi? Buna ihtiyaç duyan bir sohbet ya da oturum burada biter.",
  removedAll: "Her şey silindi.",
  exportAll: "JSON olarak dışa aktar",
  cancel: "Vazgeç",
  plain: "Açıklamalar yüklenemedi. Yerine adlar gösteriliyor.",
  chatPart: (site) => `Tarayıcınızın ${site} içindeki sohbet için sakladıkları bunlardır.`,
  chatOwnPart: "Tarayıcınızın tek başına açılan sohbet ve diğer sayfalarımız için sakladıkları bunlardır.",
  chatPagePart: "Sohbetin çevresindeki site ayrıca bu sekme için sohbetin açık olup olmadığını not eder.",
  chatLead: (host) => `Bu tarayıcının tek başına açılan ${host} için sakladıkları`,
  pageLead: "Sitede sohbeti açın ve menüsünden “Verileriniz” seçeneğini kullanın; görüşmelerinizi silmek için de:",
  deskPart: (host) => `Tarayıcınızın ${host} için sakladıkları bunlardır.`,
  deskLead: "Sohbetin bir site içinde sakladıklarını oradaki sohbet “Verileriniz” altında gösterir.",
  deskMore: "Saklananlar hakkında daha fazla bilgi",
  conversations: "Görüşmeleriniz",
  conversationsHint: "Onlar sunucumuzdadır, bu tarayıcıda değil.",
  exportConversations: "Görüşmelerimi dışa aktar",
  erase: "Görüşmelerimi sil",
  eraseAsk:
    "Bu sitedeki bütün görüşmeleriniz silinsin mi? Mesajlarınız ve yanıtlarımız sunucudan ve buradan silinir ve sohbet biter. Bu geri alınamaz.",
  eraseYes: "Hepsini sil",
  erased: (count, texts) => `Silindi: ${conversations(count)}, ${messages(texts)}.`,
  working: "Bir an…",
  failed: "Olmadı. Bağlantınızı denetleyip yeniden deneyin.",
  sessionOver: "Bu sohbet bu arada sona erdi; görüşmelerin sizin olduğunu artık anlayamıyoruz.",
};

export default words;
