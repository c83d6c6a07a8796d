// Every call of the Message Batches API through the official TypeScript SDK; what came back goes to stdout as JSON.
// Usage: node typescript_sdk.mjs http://127.0.0.1:PORT
import Anthropic from "@anthropic-ai/sdk";

const url = process.argv[2];
const client = new Anthropic({ apiKey: "test-key", baseURL: url, maxRetries: 0 });
const advance = (seconds) =>
  fetch(`${url}/__sim__/clock`, { method: "POST", body: JSON.stringify({ advance: seconds }) });
const request = (custom_id, text) => ({
  custom_id,
  params: { model: "claude-opus-5-5", max_tokens: 200, messages: [{ role: "user", content: text }] },
});
const failure = async (promise) => {
  try {
    await promise;
    return null;
  } catch (error) {
    return { name: error.constructor.name, status: error.status, type: error.error?.error?.type };
  }
};

async function life(batches) {
  const made = await batches.create({ requests: [request("a", "What is a heron?"), request("b", "And a stork?")] });
  const tooEarly = await failure(batches.delete(made.id));
  await advance(30);
  const ended = await batches.retrieve(made.id);
  const texts = {};
  for await (const line of await batches.results(made.id)) {
    texts[line.custom_id] = line.result.message.content[0].text;
  }
  const deleted = await batches.delete(made.id);
  const gone = await failure(batches.retrieve(made.id));

  const long = await batches.create({
    requests: Array.from({ length: 40 }, (_, number) => request(`r${number}`, "Count to ten.")),
  });
  await advance(5);
  const canceling = await batches.cancel(long.id);
  await advance(15);
  const kinds = {};
  for await (const line of await batches.results(long.id)) {
    kinds[line.result.type] = (kinds[line.result.type] ?? 0) + 1;
  }
  const counts = (await batches.retrieve(long.id)).request_counts;
  return { made, tooEarly, ended, texts, deleted, gone, canceling, kinds, counts };
}

const down = [];
for await (const batch of client.messages.batches.list({ limit: 7 })) down.push(batch.id);
const up = [];
for await (const batch of client.messages.batches.list({ limit: 7, before_id: down.at(-1) })) up.push(batch.id);
const plain = await life(client.messages.batches);
const beta = await life(client.beta.messages.batches);
const duplicate = await failure(client.messages.batches.create({ requests: [request("a", "x"), request("a", "y")] }));
console.log(JSON.stringify({ down, up, plain, beta, duplicate }));
