-- bench/check: the requests that wrk sends, and a look at every answer: status 200 and the one body.
local answer = os.getenv("BENCH_ANSWER")
local threads = {}

wrk.headers["User-Agent"] = "bench/1.0"
wrk.headers["Accept"] = "application/json"
wrk.headers["Accept-Encoding"] = "identity"
wrk.headers["Cookie"] = "session=8f14e45fceea167a5a36dedd4bea2543"

bad = 0

-- With BENCH_TOKENS each request carries the next token of that file, from number BENCH_FIRST on.
local tokens = os.getenv("BENCH_TOKENS")
if tokens then
  local requests, at = {}, tonumber(os.getenv("BENCH_FIRST") or "0")

  function init()
    for token in io.lines(tokens) do
      wrk.headers["Authorization"] = "Bearer " .. token
      table.insert(requests, wrk.format())
    end
  end

  function request()
    at = at % #requests + 1
    return requests[at]
  end
end

function setup(thread)
  table.insert(threads, thread)
end

function response(status, headers, body)
  if status ~= 200 or body ~= answer then
    bad = bad + 1
  end
end

function done(summary, latency, requests)
  local wrong = 0
  for _, thread in ipairs(threads) do
    wrong = wrong + thread:get("bad")
  end
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"seconds":%.3f,"bad":%d,"errors":%d,"p50_us":%d,"p99_us":%d}\n',
    summary.requests, summary.duration / 1e6, wrong,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
