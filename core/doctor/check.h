// A table of checks and how it is gone through.
#pragma once
#include <algorithm>
#include <span>
#include <string>
#include <string_view>

#include "core/doctor/examination.h"
#include "core/doctor/notes.h"

namespace psabridge::doctor {

/// One look at one thing of a `Patient`. It writes its findings down; an Error that it throws is one too.
template <class Patient>
struct Check {
  std::string_view name, sentence;
  Milliseconds limit;
  void (*look)(Patient& patient, Notes& notes, const plugin::Stop& stop);
};

/// Makes one check within its limit.
template <class Patient>
void make(const Check<Patient>& check, Patient& patient, Clock& clock, Notes& notes,
          const plugin::Stop& stop) {
  const Milliseconds until = clock.monotonic() + check.limit;
  const auto late = [&clock, until] { return clock.monotonic() >= until; };
  const plugin::Stop stop_or_late = [&stop, &late] { return late() || stop(); };
  notes.begin(check.name);
  try {
    check.look(patient, notes, stop_or_late);
  } catch (const Error& error) {
    if (error.error_class() != ErrorClass::cancelled || !late()) return notes.fail({}, error);
    notes.fail(
        {}, "PB2001",
        "It could not be found out within " + std::to_string(check.limit / std::chrono::seconds{1}) + " s.",
        "The findings before this one mostly say why. When they are all well, the server is slow: try "
        "again later.");
  }
}

/// Makes those that are asked for, in order.
template <class Patient>
void make_all(std::span<const Check<Patient>> checks, const Options& options, Patient& patient, Clock& clock,
              Notes& notes, const plugin::Stop& stop) {
  for (const Check<Patient>& check : checks) {
    const bool wanted =
        options.checks.empty() || std::ranges::find(options.checks, check.name) != options.checks.end();
    if (stop()) throw Error("PB1410", "Stopped on request.");
    if (wanted) make(check, patient, clock, notes, stop);
  }
}

}  // namespace psabridge::doctor
