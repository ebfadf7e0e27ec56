// admin/risk_pages: what the engine knows of risk, as the admin API answers it.
//
// Points are numbers with up to three decimals: thousandths, so that lines add up exactly.
#pragma once

#include <optional>

#include "admin/admin_pages.h"
#include "behavior/notable.h"
#include "behavior/why.h"
#include "verdicts/subject_name.h"

namespace gatehouse {

struct WhyFound {
  std::optional<Why> why = {};
  std::int64_t at_us = 0;  // of the engine's last record
  bool has_content = false;
};

// 404 where the engine knows nothing and no verdict stands either.
AdminAnswer why_answer(const WhyFound& found, const NamedSubject& subject,
                       const std::optional<Verdict>& verdict, std::int64_t now_us);
AdminAnswer notable_answer(const NotablePage& page, std::int64_t now_us);
AdminAnswer engine_behind();

}  // namespace gatehouse
