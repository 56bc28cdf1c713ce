// The people aboard on a day, and all missions page by page. For Node.js from 22.18 on, Deno, Bun and browsers.

const origin = globalThis.process?.argv[2] ?? "http://localhost:8000";

type Page<T> = { items: T[]; next: string | null };
type Problem = { title: string; detail: string };

/** The response to a GET request. Throws the problem that came instead. */
async function get<T>(url: string): Promise<T> {
  const response = await fetch(url);
  if (response.ok) return (await response.json()) as T;
  const problem = (await response.json()) as Problem;
  throw new Error(`${problem.title}: ${problem.detail}`);
}

/** The items of all pages of a list. */
async function* items<T>(path: string, filters: Record<string, string>): AsyncGenerator<T> {
  let url: string | null = `${origin}${path}?${new URLSearchParams(filters)}`;
  while (url) {
    const page: Page<T> = await get<Page<T>>(url);
    yield* page.items;
    url = page.next;
  }
}

type Person = { name: string; agency: string | null };
for await (const person of items<Person>("/v1/people", { aboard_on: "2019-04-04" })) {
  console.log(person.name, person.agency);
}
const missions = await Array.fromAsync(items("/v1/missions", { limit: "50" }));
console.log(missions.length, "missions");
