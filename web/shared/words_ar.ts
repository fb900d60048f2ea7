import type { SharedWords } from "./words_shape";

const words: SharedWords = {
  send: "إرسال",
  messages: "الرسائل",
  newMessages: "رسائل جديدة",
  sending: "جارٍ الإرسال…",
  waiting: "في انتظار الاتصال",
  sent: "أُرسلت",
  seen: "شوهدت",
  notSent: "لم تُرسل",
  tryAgain: "إعادة المحاولة",
  edit: "تعديل",
  closed: "أُغلقت المحادثة",
  today: "اليوم",
  yesterday: "أمس",
  you: "أنت",
  visitor: "زائر",
  operator: "الدعم",
  typing: (name) => `${name} يكتب الآن…`,
  charactersLeft: (left) => `الأحرف المتبقية: ${left}`,
  tooLong: (over) => `النص طويل، الأحرف الزائدة: ${over}. يُرجى اختصاره.`,
  refusals: {
    text_too_long: "الرسالة طويلة جدًا. يُرجى اختصارها.",
    empty_text: "لا تحتوي الرسالة على كلمات.",
    bad_text: "تحتوي الرسالة على رموز لا يمكن إرسالها.",
    unknown_conversation: "لم تعد هذه المحادثة موجودة.",
    erased: "كانت قد مُحيت. اكتبها من جديد إن كنت لا تزال تريد إرسالها.",
    session_ended: "انتهت المحادثة. أعد المحاولة لبدء محادثة جديدة.",
    banned: "أغلق الموقع هذه الدردشة أمامك حاليًا. يمكنك التواصل مع صاحبه بطريقة أخرى.",
    identity_needed: "سجّل الدخول إلى هذا الموقع أولًا ثم أعد المحاولة.",
  },
  refused: "لم يقبل الخادم الرسالة. يُرجى إعادة المحاولة.",
};

export default words;
