#include "store/event_filter.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/diagnostics.h"
#include "base/ip_address.h"
#include "base/utf8.h"
#include "events/event_json.h"
#include "store/columns.h"
#include "store/filter.h"

namespace gatehouse {
namespace {

constexpr std::int64_t kSecondUs = 1'000'000;

bool is_request(EventKind kind) {
  return kind == EventKind::final || kind == EventKind::open || kind == EventKind::progress;
}

Value time_of(std::int64_t us) {
  const std::int64_t below = ((us % kSecondUs) + kSecondUs) % kSecondUs;
  return Value::timestamp((us - below) / kSecondUs, static_cast<std::uint32_t>(below * 1000));
}

// A record's values under the names of columns; absent where the row would have NULL.
class RecordValues final : public Environment {
 public:
  RecordValues(const EventView& event, const FilterNames& names, Arena& arena)
      : event_(event), names_(names), arena_(arena) {}

  Value get(Slot slot) override {
    const FilterName& name = names_.at(slot);
    const auto index = static_cast<std::size_t>(name.column - all_columns().data());
    if (index >= kColumnsBeforeTexts) return text(event_.text(name.column->text));
    const auto at = static_cast<ColumnAt>(index);
    const bool is_source = at == ColumnAt::source_ip;
    if (is_source || at == ColumnAt::client_ip) {
      const auto said = is_source ? event_.text(EventText::client) : event_.client();
      return name.is_address ? address(said, is_source ? source_ : client_) : text(said);
    }
    if (at == ColumnAt::sequence) return whole(event_.sequence());
    if (at == ColumnAt::at) return time_of(event_.at_us());
    if (at == ColumnAt::kind) return text(to_text(event_.kind()));
    if (is_request(event_.kind())) return of_request(at, name.column->factor);
    return at == ColumnAt::count && event_.count() != 0 ? whole(event_.count()) : Value();
  }

 private:
  static Value whole(std::uint64_t number) {
    return Value::integer(static_cast<std::int64_t>(number));
  }

  Value text(std::string_view said) {
    if (said.empty()) return {};
    if (is_ascii(said)) return Value::text(said);
    const std::string_view kept = arena_.copy(valid_utf8(said));
    return kept.data() == nullptr ? Value::error(Reason::scratch_full) : Value::text(kept);
  }

  Value act(EventAct what) {
    return event_.text(EventText::verdict_level).empty() ? Value() : text(to_text(what));
  }

  static Value address(std::string_view said, std::optional<IpAddress>& into) {
    into = IpAddress::parse(said);
    return into ? Value::address(*into) : Value();
  }

  Value of_request(ColumnAt at, std::uint64_t factor) {
    switch (at) {
      case ColumnAt::start:
        return time_of(event_.start_us());
      case ColumnAt::id:
        return text(arena_.copy(id_text(event_.id())));
      case ColumnAt::duration_us:
        return whole(event_.duration_us() * factor);
      case ColumnAt::upstream_us:
        return whole(event_.upstream_us());
      case ColumnAt::request_bytes:
        return whole(event_.request_bytes());
      case ColumnAt::response_bytes:
        return whole(event_.response_bytes());
      case ColumnAt::worker:
        return whole(event_.worker());
      case ColumnAt::port:
        return whole(event_.port());
      case ColumnAt::status:
        return event_.status() == 0 ? Value() : whole(event_.status());
      case ColumnAt::attempts:
        return whole(event_.attempts());
      case ColumnAt::outcome:
        return text(to_text(event_.outcome()));
      case ColumnAt::fault:
        return event_.fault() == EventFault::none ? Value() : text(to_text(event_.fault()));
      case ColumnAt::truncated:
        return Value::boolean(event_.truncated());
      case ColumnAt::decided:
        return Value::boolean(event_.by_verdict());
      case ColumnAt::verified:
        return Value::boolean(event_.verified());
      case ColumnAt::sign_in:
        return event_.sign_in() == EventSignIn::none ? Value() : text(to_text(event_.sign_in()));
      case ColumnAt::done:
        return act(event_.done());
      case ColumnAt::would:
        return act(event_.would());
      case ColumnAt::epoch:
      case ColumnAt::sequence:
      case ColumnAt::at:
      case ColumnAt::kind:
      case ColumnAt::count:
      case ColumnAt::source_ip:
      case ColumnAt::client_ip:
      case ColumnAt::subjects:
      case ColumnAt::texts:
        break;
    }
    return {};
  }

  const EventView& event_;
  const FilterNames& names_;
  Arena& arena_;
  std::optional<IpAddress> client_;
  std::optional<IpAddress> source_;
};

}  // namespace

Result<std::unique_ptr<EventFilter>> EventFilter::read(std::string_view text) {
  // What the database refuses is refused here too.
  std::vector<SqlValue> values;
  if (auto sql = filter_sql(text, values); !sql) return fail(std::move(sql).error());
  FilterNames names;
  Diagnostics found;
  auto program = compile(text, names.schema(), {}, found);
  if (!program) return fail({.code = "E0807", .what = "the filter can't be read"});
  return std::unique_ptr<EventFilter>(new EventFilter(std::move(names), *std::move(program)));
}

bool EventFilter::chooses(const EventView& event) {
  arena_.reset();
  Scratch scratch(arena_);
  RecordValues values(event, names_, arena_);
  return program_.evaluate(values, scratch).is_true();
}

}  // namespace gatehouse
