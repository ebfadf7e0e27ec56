#include "admin/metrics_page.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

#include "gateway/gate_error.h"
#include "metrics/prometheus_text.h"
#include "metrics/worker_metrics.h"

namespace gatehouse {
namespace {

void counter(PrometheusText& text, std::string_view name, std::string_view help,
             std::uint64_t value) {
  text.counter(name, help);
  text.sample({}, value);
}

void gauge(PrometheusText& text, std::string_view name, std::string_view help,
           std::uint64_t value) {
  text.gauge(name, help);
  text.sample({}, value);
}

std::size_t entries_of(const char* folder) {
  std::error_code error;
  std::size_t count = 0;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    ++count;
  }
  return count;
}

void render_workers(const Gate& gate, PrometheusText& text) {
  std::array<std::string_view, kGateErrorCount> codes;
  for (std::size_t i = 0; i < codes.size(); ++i) codes[i] = gate_errors()[i].code;
  const std::vector<const WorkerMetrics*> workers = gate.metrics();
  std::array<std::string_view, kEventActs> acts;
  for (std::size_t i = 0; i < acts.size(); ++i) acts[i] = to_text(static_cast<EventAct>(i));
  render(workers, {gate.route_names(), gate.upstream_names(), codes, acts}, text);
}

void render_journal(const Sequencer& sequencer, PrometheusText& text) {
  const SequencerCounts counts = sequencer.counts();
  counter(text, "gatehouse_journal_records_total", "Records that were numbered, ticks included.",
          counts.records);
  counter(text, "gatehouse_journal_ticks_total", "Records that say that a second was silent.",
          counts.ticks);
  counter(text, "gatehouse_journal_written_bytes_total", "Bytes written to the journal.",
          counts.bytes_written);
  counter(text, "gatehouse_journal_write_failures_total", "Writes that the disk did not take.",
          counts.write_failures);
  counter(text, "gatehouse_journal_sync_failures_total", "Syncs that failed.",
          counts.sync_failures);
  counter(text, "gatehouse_journal_unwritten_total", "Records that are in no journal.",
          counts.unwritten);
  counter(text, "gatehouse_journal_gaps_total", "Gap records, each for a run of unwritten ones.",
          counts.gaps);
  counter(text, "gatehouse_journal_torn_bytes_total", "Bytes cut off when the journal was opened.",
          counts.torn_bytes);
  counter(text, "gatehouse_journal_system_refused_total",
          "Records of the program itself for which there was no room.", counts.system_refused);
  gauge(text, "gatehouse_journal_failing", "1 while the journal can't be written.",
        counts.is_failing ? 1 : 0);
  gauge(text, "gatehouse_journal_last_sequence", "Number of the last record.",
        counts.last_sequence);
  gauge(text, "gatehouse_journal_bytes", "Size of all segments.", counts.journal_bytes);
  gauge(text, "gatehouse_journal_segments", "Segments that are kept.", counts.journal_segments);
}

void render_keys(const Gate& gate, PrometheusText& text) {
  const std::vector<KeySources::Figures> sources = gate.keys().figures();
  if (sources.empty()) return;
  const auto each = [&](auto value) {
    for (const auto& one : sources) text.sample({{"keys", one.place}}, std::uint64_t{value(one)});
  };
  text.gauge("gatehouse_key_set_keys", "Keys in use for checking tokens.");
  each([](const auto& one) { return one.keys; });
  text.gauge("gatehouse_key_set_failing", "1 while the set can't be renewed.");
  each([](const auto& one) { return one.is_failing ? 1U : 0U; });
  text.counter("gatehouse_key_set_reads_total", "Sets that were fetched or read.");
  each([](const auto& one) { return one.fetches; });
  text.counter("gatehouse_key_set_failures_total", "Times that a set could not be had.");
  each([](const auto& one) { return one.failures; });
}

// The engine counts in doublings of microseconds.
std::string lag_text(const LagHistogram& lag) {
  constexpr std::string_view kName = "gatehouse_verdict_lag_seconds";
  std::string page = fmt::format(
      "# HELP {0} From an event's time to the verdict that it caused.\n# TYPE {0} histogram\n",
      kName);
  std::uint64_t below = 0;
  for (std::size_t i = 0; i + 1 < LagHistogram::kBuckets; ++i) {
    below += lag.counts[i];
    page += fmt::format("{}_bucket{{le=\"{}\"}} {}\n", kName, seconds_text(std::uint64_t{1} << i),
                        below);
  }
  return page + fmt::format("{0}_bucket{{le=\"+Inf\"}} {1}\n{0}_sum {2}\n{0}_count {1}\n", kName,
                            lag.count, seconds_text(lag.sum_us));
}

// What detectors made of the events; all 0 without any.
void render_scorer(const ScorerCounts& scorer, PrometheusText& text) {
  const MemoryCounts& memory = scorer.memory;
  struct Row {
    std::string_view name, help;
    std::uint64_t value;
  };
  const Row rows[] = {
      {"gatehouse_behavior_scored_total", "Events that detectors have seen.", scorer.events},
      {"gatehouse_behavior_echoes_total", "Events left out since a verdict caused them.",
       scorer.by_verdict_ignored},
      {"gatehouse_behavior_findings_total", "Conditions of detectors that held.", scorer.findings},
      {"gatehouse_behavior_contributions_total", "Findings that raised a risk.", scorer.paid},
      {"gatehouse_behavior_muted_total", "Findings that a storm muted.", scorer.muted},
      {"gatehouse_behavior_faults_total", "Conditions that could not be evaluated.", scorer.faults},
      {"gatehouse_behavior_content_unread_total", "Contents that could not be read.",
       scorer.content_unread},
      {"gatehouse_behavior_sessions_committed_total", "Sessions that were learnt at their end.",
       memory.sessions_committed},
      {"gatehouse_behavior_sessions_held_total", "Sessions of notable entities, held back.",
       memory.sessions_held},
      {"gatehouse_behavior_held_discarded_total", "Held sessions that will never be learnt.",
       memory.held_discarded},
      {"gatehouse_behavior_overflowed_total", "Values that a session had no room for.",
       memory.overflowed},
      {"gatehouse_behavior_evicted_total", "Entities forgotten to make room.",
       memory.entities.evicted},
      {"gatehouse_behavior_knocks_total", "Sights of unproved names that were only counted.",
       memory.entities.knocked},
  };
  for (const Row& row : rows) counter(text, row.name, row.help, row.value);
  gauge(text, "gatehouse_behavior_entities", "Entities that are remembered.",
        memory.entities.entities);
  gauge(text, "gatehouse_behavior_sessions_open", "Sessions that are open.", memory.sessions_open);
}

void render_engine(const Engine& engine, PrometheusText& text) {
  const EngineCounts counts = engine.counts();
  const JudgeCounts& judge = counts.judge;
  counter(text, "gatehouse_engine_records_total", "Records that the engine has read.",
          judge.records);
  counter(text, "gatehouse_engine_lost_records_total", "Records that never reached the engine.",
          counts.lost_records);
  counter(text, "gatehouse_engine_evidence_total", "Events that counted against somebody.",
          judge.evidence);
  counter(text, "gatehouse_verdicts_published_total", "Changes of verdicts that went to the gate.",
          counts.published);
  counter(text, "gatehouse_verdicts_set_total", "Verdicts that the engine set.",
          judge.verdicts_set);
  counter(text, "gatehouse_verdicts_cleared_total", "Verdicts that ended.", judge.verdicts_cleared);
  counter(text, "gatehouse_engine_verdicts_refused_total", "Verdicts for which there was no room.",
          judge.refused);
  gauge(text, "gatehouse_engine_entities", "Entities that are counted.", judge.entities);
  counter(text, "gatehouse_engine_entities_evicted_total", "Entities forgotten to make room.",
          judge.entities_evicted);
  gauge(text, "gatehouse_engine_last_sequence", "Last record that the engine has read.",
        counts.last_sequence);
  render_scorer(judge.scorer, text);
}

// How far the event history is behind the journal.
void render_history(const MetricSources& from, PrometheusText& text) {
  if (from.history == nullptr) return;
  const StoreState& state = *from.history;
  const std::uint64_t last = from.sequencer.counts().last_sequence;
  const std::uint64_t behind = last > state.sequence ? last - state.sequence : 0;
  const std::int64_t since = state.at_us == 0 ? from.started_us : state.at_us;
  const std::int64_t late = behind == 0 ? 0 : std::max<std::int64_t>(from.now_us - since, 0);
  gauge(text, "gatehouse_history_open", "1 while the event history is open.",
        state.is_open ? 1 : 0);
  gauge(text, "gatehouse_history_lag_records", "Records of the journal that it has not taken yet.",
        behind);
  gauge(text, "gatehouse_history_lag_seconds",
        "Age of the last record that it has taken, if behind.",
        static_cast<std::uint64_t>(late / 1'000'000));
  gauge(text, "gatehouse_history_last_sequence", "Last record that it has taken.", state.sequence);
  gauge(text, "gatehouse_history_bytes", "Size of what it holds.", state.bytes);
  counter(text, "gatehouse_history_rows_total", "Events that it has taken.", state.rows);
  counter(text, "gatehouse_history_removed_rows_total", "Events removed by age or size.",
          state.removed);
  counter(text, "gatehouse_history_missed_records_total",
          "Records that left the journal before it had them.", state.missed);
  counter(text, "gatehouse_history_failures_total", "Times that it could not be opened or written.",
          state.failures);
  counter(text, "gatehouse_history_set_aside_total", "Broken files that were set aside.",
          state.set_aside);
  counter(text, "gatehouse_history_questions_total", "Questions that it was asked.", state.queries);
  counter(text, "gatehouse_history_questions_failed_total", "Questions that it did not answer.",
          state.queries_failed);
}

void render_records(const RecordsState& state, PrometheusText& text) {
  gauge(text, "gatehouse_records_writable",
        "1 while tokens, audit and verdicts by hand can be kept.", state.is_writable ? 1 : 0);
  gauge(text, "gatehouse_records_last_sequence",
        "Record of the journal up to which verdicts by hand are copied.", state.position);
  counter(text, "gatehouse_records_copied_total", "Verdicts by hand copied from the journal.",
          state.copied);
  counter(text, "gatehouse_records_calls_total", "Calls that were run on the records.", state.jobs);
  counter(text, "gatehouse_records_calls_refused_total", "Calls for which there was no room.",
          state.jobs_refused);
  counter(text, "gatehouse_records_failures_total", "Times that they could not be read or written.",
          state.failures);
  counter(text, "gatehouse_records_set_aside_total", "Broken files that were set aside.",
          state.set_aside);
}

void render_api(const AdminApiCounts& api, PrometheusText& text) {
  const auto read = [](const std::atomic<std::uint64_t>& count) {
    return count.load(std::memory_order_relaxed);
  };
  text.counter("gatehouse_admin_calls_total", "Calls of the admin API, by what came of them.");
  text.sample({{"result", "answered"}}, read(api.answered));
  text.sample({{"result", "refused"}}, read(api.refused));
  text.sample({{"result", "failed"}}, read(api.failed));
  counter(text, "gatehouse_admin_tokens_refused_total", "Tokens that nobody has, or no longer.",
          read(api.tokens_refused));
}

void render_access_log(const MetricSources& from, PrometheusText& text) {
  if (!from.access_log) return;
  counter(text, "gatehouse_access_log_lines_total", "Lines written to the access log.",
          from.access_log->lines);
  counter(text, "gatehouse_access_log_lost_lines_total", "Lines that the disk did not take.",
          from.access_log->lost);
  counter(text, "gatehouse_access_log_rotations_total", "Times that the file was turned over.",
          from.access_log->rotations);
}

void render_program(const MetricSources& from, PrometheusText& text) {
  gauge(text, "gatehouse_verdicts", "Verdicts that stand.", from.verdicts.size());
  counter(text, "gatehouse_verdict_table_evicted_total", "Verdicts dropped to make room.",
          from.verdicts.evicted());
  counter(text, "gatehouse_verdict_table_refused_total", "Verdicts refused by a full table.",
          from.verdicts.refused());
  gauge(text, "gatehouse_ready", "1 while the gate takes requests.", from.gate.ready() ? 1 : 0);
  gauge(text, "gatehouse_client_connections", "Open connections of clients, over all workers.",
        from.gate.connections());
  text.counter("gatehouse_reloads_total", "Configs that were read anew, by what came of it.");
  text.sample({{"result", "taken"}}, from.reloads_taken);
  text.sample({{"result", "refused"}}, from.reloads_refused);
  gauge(text, "gatehouse_reload_last_taken", "1 unless the last reload was refused.",
        from.last_reload_taken ? 1 : 0);
  gauge(text, "gatehouse_config_taken_timestamp_seconds", "When the config in force was taken.",
        static_cast<std::uint64_t>(from.last_reload_us / 1'000'000));
  text.gauge("gatehouse_build_info", "Always 1; the labels say what runs.");
  text.sample({{"version", from.version}, {"revision", from.revision}}, std::uint64_t{1});
}

void render_process(std::int64_t started_us, PrometheusText& text) {
  const ProcessFigures own = process_figures();
  gauge(text, "process_start_time_seconds", "When the program started.",
        static_cast<std::uint64_t>(started_us / 1'000'000));
  gauge(text, "process_resident_memory_bytes", "Memory in use.", own.resident_bytes);
  gauge(text, "process_open_fds", "Open descriptors.", own.descriptors);
  gauge(text, "process_threads", "Threads.", own.threads);
}

std::uint64_t microseconds(const timeval& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 +
         static_cast<std::uint64_t>(time.tv_usec);
}

}  // namespace

std::string metrics_page(const MetricSources& sources) {
  PrometheusText text;
  render_workers(sources.gate, text);
  render_journal(sources.sequencer, text);
  render_keys(sources.gate, text);
  render_engine(sources.engine, text);
  render_history(sources, text);
  render_records(sources.records, text);
  render_api(sources.api, text);
  render_access_log(sources, text);
  render_program(sources, text);
  render_process(sources.started_us, text);
  return text.take() + lag_text(sources.engine.counts().lag) +
         fmt::format("# HELP {0} Processor time of all threads.\n# TYPE {0} counter\n{0} {1}\n",
                     "process_cpu_seconds_total", seconds_text(process_figures().cpu_us));
}

ProcessFigures process_figures() {
  ProcessFigures figures;
  std::ifstream statm("/proc/self/statm");
  std::uint64_t pages = 0;
  std::uint64_t resident = 0;
  if (statm >> pages >> resident) {
    figures.resident_bytes = resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  }
  figures.descriptors = entries_of("/proc/self/fd");
  figures.threads = entries_of("/proc/self/task");
  rusage used{};
  if (::getrusage(RUSAGE_SELF, &used) == 0) {
    figures.cpu_us = microseconds(used.ru_utime) + microseconds(used.ru_stime);
  }
  return figures;
}

}  // namespace gatehouse
