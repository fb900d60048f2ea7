"""Script in the desk's page copies all stored data: the copy grants no access from another browser."""

import httpx
from playwright.sync_api import expect

from support.client import Person
from support.client_key import ClientKey
from support.scene import BrowserScenario

# Every record of every database, and the result of exporting each key.
COPY = """async () => {
  const copied = { texts: [], keys: [] };
  const look = async (value) => {
    if (typeof value === "string") copied.texts.push(value);
    else if (value instanceof CryptoKey) {
      const tries = [];
      for (const form of ["jwk", "pkcs8", "raw"]) {
        tries.push(await crypto.subtle.exportKey(form, value).then(() => "taken", (error) => error.name));
      }
      copied.keys.push([value.type, tries]);
    } else if (value && typeof value === "object") for (const part of Object.values(value)) await look(part);
  };
  for (const area of [localStorage, sessionStorage]) for (const name of Object.keys(area)) await look(area[name]);
  const done = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  for (const { name } of await indexedDB.databases()) {
    const database = await done(indexedDB.open(name));
    for (const store of database.objectStoreNames) {
      await look(await done(database.transaction(store).objectStore(store).getAll()));
    }
    database.close();
  }
  return copied;
}"""

ME = "/v1/desk/me"


def get_profile(person: Person, **headers: str) -> httpx.Response:
    """Return the profile of the caller. The request is repeated once with the nonce that the server names."""
    answer = httpx.get(person.address + ME, headers=headers or person.credentials("GET", ME), trust_env=False)
    if "dpop-nonce" in answer.headers and not person.nonce:
        person.nonce = answer.headers["dpop-nonce"]
        return get_profile(person, **headers)
    return answer


def test_threat_8_data_copied_from_the_desk_grants_no_access(scenario: BrowserScenario) -> None:
    desk = scenario.desk()
    desk.sign_in()
    desk.page.reload()
    expect(desk.heading).to_be_visible()
    copied = desk.page.evaluate(COPY)
    tokens = [text for text in copied["texts"] if text.startswith("cro_")]
    assert len(tokens) == 1, "the premise: script can read the token"
    private = [tries for kind, tries in copied["keys"] if kind == "private"]
    assert private, "the premise: script can reach the key"
    assert [set(tries) for tries in private] == [{"InvalidAccessError"}] * len(private)
    thief = Person(scenario.server.address, ClientKey(), tokens[0])
    signed = get_profile(thief)
    assert (signed.status_code, signed.json()["type"]) == (401, "urn:crumbless:problem:invalid_proof")
    assert get_profile(thief, authorization=f"Bearer {tokens[0]}").status_code == 401
    assert get_profile(thief, authorization=f"DPoP {tokens[0]}").status_code == 401
