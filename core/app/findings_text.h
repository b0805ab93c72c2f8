// Findings of the doctor as people and programs see them; shared by `doctor` and `connection test`.
#pragma once
#include <boost/json.hpp>
#include <span>
#include <string>

#include "core/doctor/examination.h"

namespace psabridge::app {

/// "pass", "warn", "fail", "skip"
std::string_view name_of(doctor::Health health) noexcept;

boost::json::array to_json(std::span<const doctor::Finding> findings);

/// A line a finding: mark and word, check, subject, fact; below it the fix and the code; the summary at the
/// end. Coloured when `coloured`.
std::string to_text(std::span<const doctor::Finding> findings, bool coloured);

/// "14 well, 1 warning, 2 failed, 3 could not be found out"
std::string summary(std::span<const doctor::Finding> findings);

/// 0 when nothing fails; else as the error class of the first that does.
int status_of(std::span<const doctor::Finding> findings);

}  // namespace psabridge::app
