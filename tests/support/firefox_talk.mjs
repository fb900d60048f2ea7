// A visitor and an operator talk in Firefox (WebDriver BiDi). Prints one line of JSON: what was seen, and what was kept.
import puppeteer from "puppeteer-core";

const [firefox, desk, shop, email, password] = process.argv.slice(2);
const told = { complaints: [] };
const browser = await puppeteer.launch({ browser: "firefox", executablePath: firefox, headless: true });

function watch(page) {
  page.setDefaultTimeout(30_000);
  page.on("pageerror", (error) => told.complaints.push(String(error.message)));
  return page;
}

const atDesk = watch(await browser.newPage());
await atDesk.goto(`${desk}/desk/`);
await (await atDesk.waitForSelector("input[name=email]")).type(email);
await (await atDesk.waitForSelector("input[name=password]")).type(password);
await (await atDesk.waitForSelector("button[type=submit]")).click();
await atDesk.waitForFunction(() => document.title.startsWith("Conversations"));
told.signedIn = true;

const atShop = watch(await browser.newPage());
await atShop.goto(shop);
told.writtenBeforeTheClick = await atShop.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie]);
await (await atShop.waitForSelector(">>> button")).click();
const holder = await atShop.waitForSelector(">>> iframe");
const chat = await holder.contentFrame();
const box = await chat.waitForSelector("textarea");
await box.type("Do you deliver to Lisbon?");
await box.press("Enter");
await chat.waitForFunction(() => document.body.innerText.includes("Sent"));
told.sent = true;

await atDesk.bringToFront();
await (await atDesk.waitForSelector("a.row")).click();
const reply = await atDesk.waitForSelector("textarea");
await reply.type("Yes, in four days.");
await reply.press("Enter");
await atShop.bringToFront();
await chat.waitForFunction(() => document.body.innerText.includes("Yes, in four days."));
told.answered = true;

await atDesk.bringToFront();
await atDesk.reload();
await atDesk.waitForSelector("a.row");
told.stillSignedIn = true;

// Threat 8: what a script of the page can read of the session is of no use anywhere else.
told.keyCanBeExported = await atDesk.evaluate(async () => {
  const database = await new Promise((resolve, reject) => {
    const asked = indexedDB.open("crumbless");
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  const all = await new Promise((resolve) => {
    const asked = database.transaction("items").objectStore("items").getAll();
    asked.onsuccess = () => resolve(asked.result);
  });
  const keys = all.flatMap((one) => Object.values(one?.v ?? one ?? {})).filter((one) => one?.privateKey);
  const outcomes = [];
  for (const { privateKey } of keys) {
    for (const format of ["jwk", "pkcs8"]) {
      outcomes.push(await crypto.subtle.exportKey(format, privateKey).then(() => true, (error) => error.name));
    }
  }
  return outcomes;
});
told.cookies = [await atDesk.evaluate(() => document.cookie), await atShop.evaluate(() => document.cookie)];
await browser.close();
console.log(JSON.stringify(told));
