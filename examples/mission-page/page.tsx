import createClient from "openapi-fetch";
import { useEffect, useState } from "react";
import { createRoot } from "react-dom/client";

import type { components, paths } from "./api.js";

declare const API: string; // defined by the build
type MissionPage = components["schemas"]["PortalPage"];
type Launch = MissionPage["launches"]["recent"][number];

const client = createClient<paths>({ baseUrl: API });

/** The time of a launch, as exactly as it is known. */
function when({ launch_at, launch_at_precision }: Launch): string {
  switch (launch_at_precision) {
    case "year":
      return launch_at.slice(0, 4);
    case "quarter":
    case "month":
      return launch_at.slice(0, 7);
    case "day":
      return launch_at.slice(0, 10);
    default:
      return new Date(launch_at).toLocaleString("en-GB", { timeZoneName: "short" });
  }
}

function Mission({ slug }: { slug: string }) {
  const [page, setPage] = useState<MissionPage>();
  const [problem, setProblem] = useState<string>();

  useEffect(() => {
    const abort = new AbortController();
    client
      .GET("/v1/missions/{slug}/page", { params: { path: { slug } }, signal: abort.signal })
      .then(({ data, error }) => (data ? setPage(data) : setProblem(error?.detail)))
      .catch((error: Error) => abort.signal.aborted || setProblem(error.message));
    return () => abort.abort();
  }, [slug]);

  if (problem) return <p role="alert">{problem}</p>;
  if (!page) return <p>Loading…</p>;
  return (
    <>
      <h1>{page.mission.title}</h1>
      <h2>Crew</h2>
      <ul>
        {page.mission.crew.map(({ id, person, role_label }) => (
          <li key={id}>
            {person.name}, {role_label}
          </li>
        ))}
      </ul>
      <h2>Launches</h2>
      <ul>
        {page.launches.recent.map((launch) => (
          <li key={launch.slug}>
            {launch.headline}, {when(launch)}
          </li>
        ))}
      </ul>
    </>
  );
}

const slug = new URLSearchParams(location.search).get("mission") ?? "iss-59";
createRoot(document.getElementById("page")!).render(<Mission slug={slug} />);
