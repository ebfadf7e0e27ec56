#include "verdicts/subject_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/ip_address.h"

namespace gatehouse {
namespace {

constexpr std::array kKinds{SubjectKind::address, SubjectKind::user, SubjectKind::app,
                            SubjectKind::token};

std::unexpected<Error> refused(std::string what) {
  return fail({"E0904", std::move(what),
               "write `address:203.0.113.7`, `user:NAME`, `app:NAME` or `token:DIGEST`"});
}

bool is_printable(std::string_view text) {
  return std::ranges::none_of(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

NamedSubject named(SubjectKind kind, const HashKey& key, std::string_view name) {
  return {{kind, stable_hash(key, kind, name)}, fmt::format("{}:{}", to_text(kind), name)};
}

}  // namespace

std::string hash_name(const VerdictSubject& subject) {
  return fmt::format("{}:#{}", to_text(subject.kind), hash_text(subject.hash));
}

Result<NamedSubject> parse_subject(std::string_view text, const HashKey& key) {
  const std::size_t colon = text.find(':');
  const auto kind = std::ranges::find_if(
      kKinds, [&](SubjectKind one) { return to_text(one) == text.substr(0, colon); });
  if (colon == text.npos || kind == kKinds.end()) {
    return refused(fmt::format("`{}` names no subject", text.substr(0, kSubjectNameBytesMax)));
  }
  const std::string_view name = text.substr(colon + 1);
  if (name.empty() || text.size() > kSubjectNameBytesMax || !is_printable(name)) {
    return refused(
        fmt::format("the subject's name is empty, longer than {} bytes, or not to be "
                    "printed",
                    kSubjectNameBytesMax));
  }
  if (name.front() == '#') {
    const auto hash = parse_hash(name.substr(1));
    if (!hash) return refused("what follows `#` is not a hash of 32 hex digits");
    const VerdictSubject subject{*kind, *hash};
    return NamedSubject{subject, hash_name(subject)};
  }
  if (*kind == SubjectKind::token) {
    const auto hash = parse_hash(name);
    if (!hash) return refused("a token is named by its digest of 32 hex digits, as events show it");
    return NamedSubject{{*kind, *hash}, "token:" + hash_text(*hash)};
  }
  if (*kind != SubjectKind::address) return named(*kind, key, name);
  const auto address = IpAddress::parse(name);
  if (!address) return refused(fmt::format("`{}` is no address", name));
  return named(*kind, key, address->text());
}

}  // namespace gatehouse
