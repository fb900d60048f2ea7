import shared from "../shared/words_ar";
import type { ChatWords } from "./frame_words";

const words: ChatWords = {
  ...shared,
  close: "إغلاق الدردشة",
  message: "الرسالة",
  placeholder: "اكتب رسالة…",
  online: "نرد عليك هنا في أقرب وقت",
  reconnecting: "في انتظار الاتصال…",
  welcome: "اسألنا عمّا تريد",
  welcomeMore: "اكتب رسالتك أدناه، وسنرد عليك هنا.",
  keep: (days) => `حفظ هذه الدردشة على هذا الجهاز، الأيام: ${days}`,
  keptUntil: (date) => `محفوظة حتى ${date}. أزل العلامة لحذفها.`,
  tabOnly: "تبقى هذه الدردشة حتى تغادر هذه الصفحة: متصفحك لا يسمح بحفظها.",
  keepRefused: "متصفحك لا يسمح بحفظها على الجهاز.",
  ended: "انتهت هذه الدردشة. رسالتك التالية تبدأ دردشة جديدة.",
  refusedSite: "هذه الدردشة غير مهيأة لهذه الصفحة. أخبر صاحبه.",
  menu: "القائمة",
  settings: "الإعدادات",
  yourData: "بياناتك",
  onward: "المتابعة على جهاز آخر",
  hither: "المتابعة من جهاز آخر",
  policy: "الخصوصية والتخزين",
  newTab: "في علامة تبويب جديدة",
  back: "عودة إلى الدردشة",
  partFailed: "تعذّر تحميله. تحقق من اتصالك وأعد المحاولة.",
};

export default words;
