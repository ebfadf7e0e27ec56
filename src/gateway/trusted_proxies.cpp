#include "gateway/trusted_proxies.h"

#include <algorithm>
#include <array>
#include <optional>

namespace gatehouse {
namespace {

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

// The position of the first `mark` outside of quotes, or the end.
std::size_t find_unquoted(std::string_view text, char mark) {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (quoted && text[i] == '\\') ++i;
    if (!quoted && i < text.size() && text[i] == mark) return i;
  }
  return text.size();
}

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// "192.0.2.7", "192.0.2.7:80", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:80"
std::optional<IpAddress> node_address(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    const std::string_view after = text.substr(close + 1);
    if (!after.empty() && !(after[0] == ':' && is_port(after.substr(1)))) return std::nullopt;
    text = text.substr(1, close - 1);
    return text.find(':') == std::string_view::npos ? std::nullopt : IpAddress::parse(text);
  }
  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos && text.find(':', colon + 1) == std::string_view::npos) {
    if (!is_port(text.substr(colon + 1))) return std::nullopt;
    text = text.substr(0, colon);
  }
  return IpAddress::parse(text);
}

// What an element of Forwarded says under `for`.
std::string_view for_of(std::string_view element) {
  while (!element.empty()) {
    const std::size_t end = find_unquoted(element, ';');
    const std::string_view pair = trim(element.substr(0, end));
    if (pair.size() > 4 && equals_ignoring_case(pair.substr(0, 4), "for=")) {
      const std::string_view value = pair.substr(4);
      const bool quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
      return quoted ? value.substr(1, value.size() - 2) : value;
    }
    element.remove_prefix(std::min(end + 1, element.size()));
  }
  return {};
}

// The last entries of all fields of one name, as if they were one.
class LastEntries {
 public:
  void add(std::string_view value, ForwardedBy by) {
    while (true) {
      const std::size_t comma = by == ForwardedBy::forwarded
                                    ? find_unquoted(value, ',')
                                    : std::min(value.find(','), value.size());
      const std::string_view entry = trim(value.substr(0, comma));
      if (!entry.empty()) entries_[count_++ % entries_.size()] = entry;  // empty ones say nothing
      if (comma == value.size()) return;
      value.remove_prefix(comma + 1);
    }
  }
  std::size_t size() const { return std::min(count_, entries_.size()); }
  std::string_view from_the_right(std::size_t i) const {
    return entries_[(count_ - 1 - i) % entries_.size()];
  }

 private:
  std::array<std::string_view, ClientAddress::kHopsMax> entries_;
  std::size_t count_ = 0;
};

}  // namespace

TrustedProxies::TrustedProxies(std::span<const IpPrefix> prefixes) {
  for (const IpPrefix& prefix : prefixes) {
    (prefix.is_v4() ? v4_ : v6_).push_back({prefix.network, prefix.last()});
  }
  v4_ = merged(std::move(v4_));
  v6_ = merged(std::move(v6_));
}

std::vector<TrustedProxies::Range> TrustedProxies::merged(std::vector<Range> ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const Range& a, const Range& b) { return a.first < b.first; });
  std::vector<Range> result;
  for (const Range& range : ranges) {
    if (!result.empty() && range.first <= result.back().last) {
      result.back().last = std::max(result.back().last, range.last);
    } else {
      result.push_back(range);
    }
  }
  return result;
}

bool TrustedProxies::contains(const IpAddress& address) const {
  const std::vector<Range>& ranges = address.is_v4() ? v4_ : v6_;
  const auto after =
      std::upper_bound(ranges.begin(), ranges.end(), address,
                       [](const IpAddress& a, const Range& range) { return a < range.first; });
  return after != ranges.begin() && address <= std::prev(after)->last;
}

ClientAddress client_address(const IpAddress& peer, const FieldList& fields,
                             const TrustedProxies& trusted, ForwardedBy by) {
  ClientAddress client{peer};
  if (!trusted.contains(peer)) return client;
  const FieldId wanted =
      by == ForwardedBy::forwarded ? FieldId::forwarded : FieldId::x_forwarded_for;
  LastEntries entries;
  for (const Field& field : fields) {
    if (field.id == wanted) entries.add(field.value, by);
  }
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::string_view entry = entries.from_the_right(i);
    const std::optional<IpAddress> said =
        node_address(by == ForwardedBy::forwarded ? for_of(entry) : entry);
    if (!said) return client;
    client.address = *said;
    ++client.hops;
    if (!trusted.contains(*said)) return client;
  }
  return client;
}

}  // namespace gatehouse
