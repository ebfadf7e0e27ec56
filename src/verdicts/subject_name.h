// verdicts/subject_name: a subject as a person writes it, and as the tables know it.
//
//   address:203.0.113.7     any spelling of an address
//   user:ann                the name that a proof gave
//   app:ios                 likewise
//   token:5f0c…             32 hex digits: the credential's digest, as events show it
//   KIND:#5f0c…             whatever the kind: the subject's own hash, as lists show it where
//                           nobody recorded the name
//
// Errors   E0904 says what can't be read.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "verdicts/verdict.h"

namespace gatehouse {

inline constexpr std::size_t kSubjectNameBytesMax = 200;

struct NamedSubject {
  VerdictSubject subject;
  std::string name;  // in one spelling: "address:203.0.113.7"
};

[[nodiscard]] Result<NamedSubject> parse_subject(std::string_view text, const HashKey& key);
// "address:#5f0c…"
std::string hash_name(const VerdictSubject& subject);

}  // namespace gatehouse
