import { expect, it, vi } from "vitest";
import { type Api, ApiProblem } from "../../core/api";
import { DeskApi, StepUpCancelled } from "./desk_api";

const problem = (code: string, status = 403) => new ApiProblem(code, code, "", status, 0);

function callOf(...answers: unknown[]) {
  const post = vi.fn(async () => {
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return answer;
  });
  const onEnded = vi.fn();
  return { call: new DeskApi({ post } as unknown as Api, onEnded), post, onEnded };
}

it("a request is repeated once after a re-authentication", async () => {
  const { call, post } = callOf(problem("step_up"), "done");
  const asked = call.post("/v1/desk/people/invite", { email: "a@example.org" });
  await vi.waitFor(() => expect(call.prompt.value).not.toBeNull());
  call.prompt.value?.answer(true);
  expect(await asked).toBe("done");
  expect(post.mock.calls).toEqual([
    ["/v1/desk/people/invite", { email: "a@example.org" }, {}],
    ["/v1/desk/people/invite", { email: "a@example.org" }, {}],
  ]);
  expect(call.prompt.value).toBeNull();
});

it("nothing is done if the re-authentication is cancelled", async () => {
  const { call, post } = callOf(problem("step_up"));
  const asked = call.post("/x");
  await vi.waitFor(() => expect(call.prompt.value).not.toBeNull());
  call.prompt.value?.answer(false);
  await expect(asked).rejects.toBeInstanceOf(StepUpCancelled);
  expect(post).toHaveBeenCalledTimes(1);
});

it("two actions at the same time share one prompt", async () => {
  const { call, post } = callOf(problem("step_up"), problem("step_up"), "one", "two");
  const both = Promise.all([call.post("/1"), call.post("/2")]);
  await vi.waitFor(() => expect(post).toHaveBeenCalledTimes(2));
  await vi.waitFor(() => expect(call.prompt.value).not.toBeNull());
  call.prompt.value?.answer(true);
  expect(await both).toEqual(["one", "two"]);
});

it("a second prompt is not shown", async () => {
  const { call } = callOf(problem("step_up"), problem("step_up"));
  const asked = call.post("/x");
  await vi.waitFor(() => expect(call.prompt.value).not.toBeNull());
  call.prompt.value?.answer(true);
  await expect(asked).rejects.toMatchObject({ code: "step_up" });
  expect(call.prompt.value).toBeNull();
});

it("the end of the session is reported", async () => {
  const { call, onEnded } = callOf(problem("invalid_token", 401));
  await expect(call.post("/x")).rejects.toMatchObject({ code: "invalid_token" });
  expect(onEnded).toHaveBeenCalledOnce();
});
