import { afterEach, expect, test, vi } from "vitest";
import { passkeysWork, toBytes, toText } from "./passkey";

afterEach(() => vi.unstubAllGlobals());

test("passkeys need a browser that supports them and an address with a host name", () => {
  expect(passkeysWork("chat.example.com")).toBe(false);
  vi.stubGlobal("PublicKeyCredential", class {});
  for (const host of ["chat.example.com", "localhost", "4chat.example"]) expect(passkeysWork(host), host).toBe(true);
  for (const host of ["127.0.0.1", "[::1]"]) expect(passkeysWork(host), host).toBe(false);
});

test("bytes are encoded as the server reads them, and decoded again", () => {
  const bytes = Uint8Array.from([0, 62, 251, 255, 254]);
  expect(toText(bytes.buffer)).toBe("AD77__4");
  expect(new Uint8Array(toBytes("AD77__4"))).toEqual(bytes);
});
