/** Compiled, never run: what people write in TypeScript against doneyet.d.ts. */

import { isTerminal, watch, watchAll, type Complaint, type State, type Way } from "../../src/page/doneyet.js";

const task = watch("dl-42", {
  server: new URL("http://localhost:8765/"),
  ticket: async () => (await fetch("/ticket/dl-42")).text(),
  onState(state: State) {
    const width: number = state.progress ?? 0;
    const title: string = typeof state.title === "string" ? state.title : state.task_id;
    if (isTerminal(state)) console.log(title, width, state.updated_at + state.rev);
  },
  onConnection(connection, { way, delayMs }) {
    const how: Way = connection === "live" && way ? way : "long polling";
    console.log(how, (delayMs ?? 0) / 1000);
  },
  onError: ({ error, message }: Complaint) => console.error(`${error}: ${message}`),
});
task.cancel();
task.cancel("not needed any more");
task.close();

const all = watchAll({ token: "secret" });
all.cancel("dl-42", "enough");
all.forget("dl-42");
all.close();

// @ts-expect-error: a task has a name.
watch();
// @ts-expect-error: there is no such option.
watch("dl-42", { onProgress() {} });
// @ts-expect-error: whoever watches all says which.
all.cancel();
// @ts-expect-error: states are the daemon's.
watch("dl-42", { onState: (state) => { state.rev = 1; } });
