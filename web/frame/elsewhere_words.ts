/** Texts for taking a chat from one device to another. */
import type { WordTables } from "../shared/words_choose";

export interface ElsewhereWords {
  /** What to do with a code. */
  codeLead: string;
  showCode: string;
  newCode: string;
  code: string;
  codeUntil: (time: string) => string;
  copy: string;
  copied: string;
  mailLead: string;
  email: string;
  mail: string;
  mailed: string;
  hereLead: string;
  goOn: string;
  /** The first message is being sent: a chat is about to begin here. */
  beginning: string;
  slowDown: (wait: string) => string;
  offline: string;
  /** By the code of a refusal. */
  failures: Record<string, string>;
  failed: string;
}

const en: ElsewhereWords = {
  codeLead:
    "Open the chat on the other device, on the same website, and choose “Continue from another device” there. Then type this code.",
  showCode: "Show a code",
  newCode: "Show a new code",
  code: "Code",
  codeUntil: (time) => `It works once, until ${time}. Whoever has it can read this chat.`,
  copy: "Copy",
  copied: "Copied.",
  mailLead: "Or send yourself a link. It works once, for 24 hours, and opens this chat on a page of its own.",
  email: "Your e-mail address",
  mail: "Mail me a link",
  mailed: "Sent. If nothing comes within a few minutes, check the address and your spam folder.",
  hereLead:
    "In the chat on the other device, open the menu and choose “Continue on another device”. It shows a code of 8 characters: type it here. This browser keeps the chat once you write in it.",
  goOn: "Continue here",
  beginning: "Your message is still on its way. Come back when it has been sent.",
  slowDown: (wait) => `That was too often. Wait ${wait}, then try again.`,
  offline: "There is no connection to the server. Check your network, then try again.",
  failures: {
    ticket_gone:
      "This does not work, or no longer: it may be mistyped, used already, or too old. Ask for a new one on the other device.",
    banned: "The website has closed this chat to you for now. You can reach its owner in another way.",
    identity_needed: "Please sign in on this website first, then try again.",
    invalid_proof:
      "This browser cannot make the key that protects the chat. Use a current browser and an https address.",
    invalid: "This is not an e-mail address. Check it, then try again.",
  },
  failed: "That did not work. Please try again.",
};

const de: ElsewhereWords = {
  codeLead:
    "Öffnen Sie den Chat auf dem anderen Gerät, auf derselben Website, und wählen Sie dort „Von anderem Gerät fortsetzen“. Dann geben Sie diesen Code ein.",
  showCode: "Code anzeigen",
  newCode: "Neuen Code anzeigen",
  code: "Code",
  codeUntil: (time) => `Er gilt einmal, bis ${time}. Wer ihn hat, kann diesen Chat lesen.`,
  copy: "Kopieren",
  copied: "Kopiert.",
  mailLead:
    "Oder senden Sie sich einen Link. Er gilt einmal, 24 Stunden lang, und öffnet diesen Chat als eigene Seite.",
  email: "Ihre E-Mail-Adresse",
  mail: "Link per E-Mail senden",
  mailed: "Gesendet. Kommt in einigen Minuten nichts an, prüfen Sie die Adresse und Ihren Spam-Ordner.",
  hereLead:
    "Öffnen Sie im Chat auf dem anderen Gerät das Menü und wählen Sie „Auf anderem Gerät fortsetzen“. Dort steht ein Code aus 8 Zeichen: Geben Sie ihn hier ein. Dieser Browser behält den Chat, sobald Sie hier schreiben.",
  goOn: "Hier fortsetzen",
  beginning: "Ihre Nachricht ist noch unterwegs. Kommen Sie wieder, wenn sie gesendet ist.",
  slowDown: (wait) => `Das war zu oft. Warten Sie noch (${wait}), dann versuchen Sie es erneut.`,
  offline: "Es gibt keine Verbindung zum Server. Prüfen Sie Ihr Netz und versuchen Sie es erneut.",
  failures: {
    ticket_gone:
      "Das gilt nicht oder nicht mehr: vielleicht vertippt, schon benutzt oder zu alt. Holen Sie auf dem anderen Gerät einen neuen.",
    banned: "Die Website hat diesen Chat für Sie vorerst gesperrt. Sie erreichen den Betreiber auf anderem Weg.",
    identity_needed: "Bitte melden Sie sich zuerst auf dieser Website an, dann erneut versuchen.",
    invalid_proof:
      "Dieser Browser kann den Schlüssel nicht erzeugen, der den Chat schützt. Nutzen Sie einen aktuellen Browser und eine https-Adresse.",
    invalid: "Das ist keine E-Mail-Adresse. Prüfen Sie sie und versuchen Sie es erneut.",
  },
  failed: "Das hat nicht geklappt. Bitte erneut versuchen.",
};

const fr: ElsewhereWords = {
  codeLead:
    "Ouvrez le chat sur l’autre appareil, sur le même site, et choisissez-y « Continuer depuis un autre appareil ». Saisissez ensuite ce code.",
  showCode: "Afficher un code",
  newCode: "Afficher un nouveau code",
  code: "Code",
  codeUntil: (time) => `Il fonctionne une seule fois, jusqu’à ${time}. Qui l’a peut lire ce chat.`,
  copy: "Copier",
  copied: "Copié.",
  mailLead:
    "Ou envoyez-vous un lien. Il fonctionne une seule fois, pendant 24 heures, et ouvre ce chat sur sa propre page.",
  email: "Votre adresse e-mail",
  mail: "M’envoyer un lien",
  mailed: "Envoyé. Si rien n’arrive d’ici quelques minutes, vérifiez l’adresse et vos courriers indésirables.",
  hereLead:
    "Dans le chat de l’autre appareil, ouvrez le menu et choisissez « Continuer sur un autre appareil ». Un code de 8 caractères s’affiche : saisissez-le ici. Ce navigateur garde le chat dès que vous y écrivez.",
  goOn: "Continuer ici",
  beginning: "Votre message est encore en route. Revenez quand il aura été envoyé.",
  slowDown: (wait) => `C’était trop souvent. Attendez (${wait}), puis réessayez.`,
  offline: "Pas de connexion au serveur. Vérifiez votre réseau, puis réessayez.",
  failures: {
    ticket_gone:
      "Cela ne fonctionne pas, ou plus : peut-être mal saisi, déjà utilisé ou trop ancien. Demandez-en un nouveau sur l’autre appareil.",
    banned: "Le site vous a fermé ce chat pour l’instant. Vous pouvez joindre son responsable autrement.",
    identity_needed: "Connectez-vous d’abord sur ce site, puis réessayez.",
    invalid_proof:
      "Ce navigateur ne peut pas créer la clé qui protège le chat. Utilisez un navigateur récent et une adresse https.",
    invalid: "Ce n’est pas une adresse e-mail. Vérifiez-la, puis réessayez.",
  },
  failed: "Cela n’a pas fonctionné. Merci de réessayer.",
};

const es: ElsewhereWords = {
  codeLead:
    "Abre el chat en el otro dispositivo, en el mismo sitio, y elige allí «Continuar desde otro dispositivo». Después escribe este código.",
  showCode: "Mostrar un código",
  newCode: "Mostrar un código nuevo",
  code: "Código",
  codeUntil: (time) => `Funciona una sola vez, hasta las ${time}. Quien lo tenga puede leer este chat.`,
  copy: "Copiar",
  copied: "Copiado.",
  mailLead: "O envíate un enlace. Funciona una sola vez, durante 24 horas, y abre este chat en una página propia.",
  email: "Tu correo electrónico",
  mail: "Enviarme un enlace",
  mailed: "Enviado. Si en unos minutos no llega nada, revisa la dirección y la carpeta de correo no deseado.",
  hereLead:
    "En el chat del otro dispositivo, abre el menú y elige «Continuar en otro dispositivo». Muestra un código de 8 caracteres: escríbelo aquí. Este navegador guarda el chat en cuanto escribas en él.",
  goOn: "Continuar aquí",
  beginning: "Tu mensaje aún está en camino. Vuelve cuando se haya enviado.",
  slowDown: (wait) => `Han sido demasiadas veces. Espera (${wait}) e inténtalo de nuevo.`,
  offline: "No hay conexión con el servidor. Revisa tu red e inténtalo de nuevo.",
  failures: {
    ticket_gone:
      "No funciona, o ya no: puede estar mal escrito, usado o ser demasiado antiguo. Pide uno nuevo en el otro dispositivo.",
    banned: "El sitio te ha cerrado este chat por ahora. Puedes contactar con su responsable por otra vía.",
    identity_needed: "Inicia sesión primero en este sitio y reinténtalo.",
    invalid_proof:
      "Este navegador no puede crear la clave que protege el chat. Usa un navegador actual y una dirección https.",
    invalid: "No es una dirección de correo. Revísala e inténtalo de nuevo.",
  },
  failed: "No ha funcionado. Inténtalo de nuevo.",
};

const ar: ElsewhereWords = {
  codeLead: "افتح الدردشة على الجهاز الآخر، في الموقع نفسه، واختر هناك «المتابعة من جهاز آخر». ثم اكتب هذا الرمز.",
  showCode: "إظهار رمز",
  newCode: "إظهار رمز جديد",
  code: "الرمز",
  codeUntil: (time) => `يعمل مرة واحدة، حتى ${time}. من يملكه يستطيع قراءة هذه الدردشة.`,
  copy: "نسخ",
  copied: "تم النسخ.",
  mailLead: "أو أرسل رابطًا إلى نفسك. يعمل مرة واحدة خلال 24 ساعة، ويفتح هذه الدردشة في صفحة خاصة بها.",
  email: "بريدك الإلكتروني",
  mail: "أرسل إليّ رابطًا",
  mailed: "تم الإرسال. إذا لم يصل شيء خلال دقائق، فتحقق من العنوان ومن مجلد البريد غير المرغوب.",
  hereLead:
    "في الدردشة على الجهاز الآخر، افتح القائمة واختر «المتابعة على جهاز آخر». يظهر رمز من 8 خانات: اكتبه هنا. يحفظ هذا المتصفح الدردشة حالما تكتب فيها.",
  goOn: "المتابعة هنا",
  beginning: "رسالتك ما زالت في الطريق. عد حين تُرسل.",
  slowDown: (wait) => `محاولات كثيرة. انتظر (${wait}) ثم أعد المحاولة.`,
  offline: "لا يوجد اتصال بالخادم. تحقق من شبكتك ثم أعد المحاولة.",
  failures: {
    ticket_gone: "لا يعمل هذا أو لم يعد يعمل: ربما كُتب خطأً أو استُخدم أو مضى وقته. اطلب واحدًا جديدًا على الجهاز الآخر.",
    banned: "أغلق الموقع هذه الدردشة أمامك حاليًا. يمكنك التواصل مع صاحبه بطريقة أخرى.",
    identity_needed: "سجّل الدخول إلى هذا الموقع أولًا ثم أعد المحاولة.",
    invalid_proof: "لا يستطيع هذا المتصفح إنشاء المفتاح الذي يحمي الدردشة. استخدم متصفحًا حديثًا وعنوان https.",
    invalid: "هذا ليس عنوان بريد إلكتروني. تحقق منه ثم أعد المحاولة.",
  },
  failed: "لم ينجح ذلك. أعد المحاولة.",
};

export const elsewhereWords: WordTables<ElsewhereWords> = { en, de, fr, es, ar };
