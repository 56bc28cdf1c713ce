-- Requests the paths of a file in turn, and prints the results in one line.
local paths, requests, n = {}, {}, 0
for path in io.lines(os.getenv("BENCH_PATHS")) do paths[#paths + 1] = path end

init = function()
  for i, path in ipairs(paths) do requests[i] = wrk.format("GET", path) end
end

if #paths > 1 then
  request = function()
    n = n % #requests + 1
    return requests[n]
  end
else
  wrk.path = paths[1]
end

done = function(summary, latency)
  local e = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d %d\n", summary.requests, summary.duration,
    e.connect + e.read + e.write + e.timeout + e.status,
    latency:percentile(50), latency:percentile(95), latency:percentile(99)))
end
